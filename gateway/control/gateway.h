// The control thread: everything that is not a request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/file/load.h"
#include "gateway/admin/actions.h"
#include "gateway/admin/pages.h"
#include "gateway/control/admin_door.h"
#include "gateway/control/announcements.h"
#include "gateway/control/config_centre.h"
#include "gateway/control/config_origin.h"
#include "gateway/control/config_store.h"
#include "gateway/control/served_certificates.h"
#include "gateway/control/watchdog.h"
#include "gateway/deployment/deployment.h"
#include "gateway/deployment/listeners.h"
#include "gateway/deployment/managed_upstream.h"
#include "gateway/deployment/reloader.h"
#include "gateway/io/loop.h"
#include "gateway/io/signals.h"
#include "gateway/observe/access_log.h"
#include "gateway/observe/metrics.h"
#include "gateway/process/inheritance.h"
#include "gateway/process/privileges.h"
#include "gateway/process/program_start.h"
#include "gateway/process/service_manager.h"
#include "gateway/process/takeover.h"
#include "gateway/process/upgrade.h"
#include "gateway/worker/worker.h"

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

  /// A configuration on its way into force.
  struct Next {
    std::unique_ptr<Deployment> deployment;  ///< not ready yet
    Listeners::Prepared listeners;
    TlsContextsPtr tls;
    std::string text;
    std::string from;
  };

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
  std::string from_;  ///< for people: where the configuration in force is from
  Next next_;
  Reloader reloader_;
  const std::shared_ptr<ConfigStore> store_;  ///< shared with writes under way
  std::unique_ptr<ConfigCentre> centre_;      ///< null: the configuration is a file
  Announcements announcements_;
  ServiceManager service_manager_;
  AdminDoor admin_;
  ServedCertificates certificates_;
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
  observe::UpgradeMetrics upgrades_;
  std::string last_upgrade_error_;
  observe::ReloadMetrics reloads_;
  bool ready_ = false;
  bool draining_ = false;     ///< from the signal on, grace included
  bool handed_over_ = false;  ///< it drains because another process serves
};

}  // namespace penstock
