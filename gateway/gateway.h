// The control thread: everything that is not a request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/load.h"
#include "gateway/admin/actions.h"
#include "gateway/admin/guard.h"
#include "gateway/admin/pages.h"
#include "gateway/admin/server.h"
#include "gateway/announcements.h"
#include "gateway/certificate_watch.h"
#include "gateway/config_centre.h"
#include "gateway/config_origin.h"
#include "gateway/config_store.h"
#include "gateway/deployment.h"
#include "gateway/inheritance.h"
#include "gateway/io/loop.h"
#include "gateway/io/signals.h"
#include "gateway/listeners.h"
#include "gateway/managed_upstream.h"
#include "gateway/observe/access_log.h"
#include "gateway/observe/metrics.h"
#include "gateway/privileges.h"
#include "gateway/program_start.h"
#include "gateway/reloader.h"
#include "gateway/service_manager.h"
#include "gateway/takeover.h"
#include "gateway/upgrade.h"
#include "gateway/watchdog.h"
#include "gateway/worker.h"

namespace penstock {

/// Runs one configuration after another until a signal ends it. TERM and QUIT drain, a second one or INT stops at once,
/// HUP loads the configuration anew, USR1 reopens logs, USR2 hands over to a new process.
class Gateway : private admin::AdminSource {
 public:
  struct Start {
    std::shared_ptr<const conf::Config> config;
    std::shared_ptr<const UpstreamTls> upstream_tls;
    std::string text;       ///< of the configuration, as it was read
    ConfigOrigin origin;    ///< where it is read again
    std::string from;       ///< for people: where this one is from
    std::string state_dir;  ///< empty: nothing is kept over restarts
    std::shared_ptr<io::TicketKeys> tickets;
    TlsContextsPtr tls;    ///< the configuration's
    ProgramStart program;  ///< how to start the next process
    Inheritance inheritance;
  };
  explicit Gateway(Start start);
  ~Gateway() override;

  /// Opens the listeners, serves, and returns when all is over. Throws std::runtime_error if it can't start.
  void run();

 private:
  // ---- admin::AdminSource
  std::string metrics_text() const override;
  std::vector<admin::UpstreamView> upstreams() const override;
  std::vector<admin::RouteView> routes() const override;
  std::vector<admin::LimitView> limits() const override;
  std::vector<admin::RegistryView> registries() const override;
  std::vector<admin::DiscoveryView> discoveries() const override;
  std::string process_text() const override;
  std::string config_text() const override;
  bool ready() const override { return ready_ && !draining_; }
  std::string not_ready_reason() const override { return draining_ ? "draining" : "starting"; }

  void leave_root(const Account& account);
  void make_workers();
  void prepared();
  void begin_serving();
  void take_admin_socket();
  void tell_unused_sockets() const;
  void open_admin();
  // gateway_actions.cc
  std::vector<admin::Action> actions();
  ManagedUpstream* find_upstream(const std::string& name) const;
  admin::Done accept_suspect(const std::string& upstream);
  admin::Done roll_back(const std::string& version);
  static admin::Done change_log_level(const std::string& level);
  admin::Done degrade(const std::string& route, const std::string& on);
  admin::Done set_weight(const std::string& upstream, const std::string& endpoint, const std::string& weight);
  void tick_limits();
  std::shared_ptr<const proxy::Blueprint> compile(const std::shared_ptr<const conf::Config>& config,
                                                  const proxy::Blueprint* before);
  void reload();
  void reload(Reloader::Load load);
  void keep(const std::string& text, const std::string& from);
  void watch_centre();
  void loaded(Reloader::Outcome outcome);
  void adopt_next();
  void adopt_listeners(const conf::Config& config);
  void tell_refusals();
  // gateway_tls.cc
  static Reloader::Load with_tls(Reloader::Load load, std::shared_ptr<io::TicketKeys> tickets);
  void watch_certificates(const conf::Config& config);
  /// nullopt: the admin listener's.
  void certificates_changed(std::optional<std::size_t> listener, io::ServerTlsPtr context, const TlsFindings& found);
  std::vector<observe::TlsMetrics> tls_metrics() const;
  void reload_failed(const std::string& why);
  void reload_over();
  // gateway_signals.cc
  void on_signal(int signal);
  void told_to_end();
  void drain();
  void may_drain_workers();
  void drain_workers();
  // gateway_upgrade.cc
  admin::Done upgrade();
  KeyValues memory() const;
  void recall_limits(const proxy::Blueprint& blueprint) const;
  void recall_tickets() const;
  void recall_switches();
  std::vector<HandedSocket> all_sockets() const;
  void step_aside(const Successor& successor);
  void step_back();
  void taken_over(pid_t successor);
  void upgrade_failed(const std::string& why);
  std::string status() const;

  Inheritance inheritance_;
  const Start start_;
  const std::shared_ptr<const conf::Config> first_config_;
  const double started_unix_s_;
  observe::DurationHistogram loop_lag_;
  io::Loop loop_;
  const std::string sticky_secret_;
  const std::string limits_secret_;
  const SipKey limits_key_;
  std::unique_ptr<observe::AccessLog> access_log_;
  std::vector<std::unique_ptr<Worker>> workers_;
  UpstreamHouse house_;
  Listeners listeners_;
  std::unique_ptr<Deployment> current_;
  std::unique_ptr<Deployment> next_;  ///< not ready yet
  Listeners::Prepared next_listeners_;
  TlsContextsPtr tls_;  ///< of the configuration in force, as it was loaded
  TlsContextsPtr next_tls_;
  std::string next_text_;
  std::string next_from_;
  std::string from_;  ///< for people: where the one in force is from
  Reloader reloader_;
  const std::shared_ptr<ConfigStore> store_;  ///< shared with writes under way
  std::unique_ptr<ConfigCentre> centre_;      ///< null: the configuration is a file
  Announcements announcements_;
  ServiceManager service_manager_;
  std::optional<HandedSocket> admin_socket_;
  std::unique_ptr<admin::Guard> admin_guard_;
  std::unique_ptr<admin::Server> admin_;
  io::ServerTlsPtr admin_tls_;  ///< null: no encryption
  std::uint64_t admin_tls_reloads_succeeded_ = 0;
  std::uint64_t admin_tls_reloads_failed_ = 0;
  std::unique_ptr<CertificateWatch> certificates_;
  std::vector<std::optional<std::size_t>> watched_;  ///< by the watch's index: which listener's; nullopt: the admin's
  std::unique_ptr<admin::Server> retired_admin_;     ///< ends what it has begun to answer
  std::unique_ptr<io::Signals> signals_;
  std::unique_ptr<Watchdog> watchdog_;  ///< null: nobody asks
  Deadline next_limits_tick_;
  Deadline grace_;
  std::size_t before_drain_ = 0;  ///< what is still to come before workers drain
  Deadline next_refusals_look_;
  std::size_t draining_workers_ = 0;
  std::unique_ptr<Takeover> takeover_;  ///< null: there is no process before
  Upgrade upgrade_;
  bool reload_after_upgrade_ = false;  ///< each asked for while the other was under way
  bool upgrade_after_reload_ = false;
  std::uint64_t upgrades_succeeded_ = 0;
  std::uint64_t upgrades_failed_ = 0;
  std::string last_upgrade_error_;
  std::uint64_t reloads_succeeded_ = 0;
  std::uint64_t reloads_failed_ = 0;
  bool last_reload_successful_ = true;
  double config_loaded_unix_s_;
  bool ready_ = false;
  bool draining_ = false;     ///< from the signal on, grace included
  bool handed_over_ = false;  ///< it drains because another process serves
};

}  // namespace penstock
