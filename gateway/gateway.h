// The control thread: everything that is not a request.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/load.h"
#include "gateway/admin/actions.h"
#include "gateway/admin/pages.h"
#include "gateway/admin/server.h"
#include "gateway/announcements.h"
#include "gateway/config_centre.h"
#include "gateway/config_origin.h"
#include "gateway/config_store.h"
#include "gateway/deployment.h"
#include "gateway/io/loop.h"
#include "gateway/io/signals.h"
#include "gateway/listeners.h"
#include "gateway/managed_upstream.h"
#include "gateway/observe/access_log.h"
#include "gateway/reloader.h"
#include "gateway/worker.h"

namespace penstock {

/// Runs one configuration after another until a signal ends it. TERM and QUIT drain, a second one or INT stops at once,
/// HUP loads the configuration anew, USR1 reopens logs.
class Gateway : private admin::AdminSource {
 public:
  struct Start {
    std::shared_ptr<const conf::Config> config;
    std::string text;       ///< of the configuration, as it was read
    ConfigOrigin origin;    ///< where it is read again
    std::string from;       ///< for people: where this one is from
    std::string state_dir;  ///< empty: nothing is kept over restarts
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
  std::string config_text() const override;
  bool ready() const override { return ready_ && !draining_; }
  std::string not_ready_reason() const override { return draining_ ? "draining" : "starting"; }

  void make_workers();
  void begin_serving();
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
  void reload_failed(const std::string& why);
  void on_signal(int signal);
  void drain();
  void drain_workers();

  const Start start_;
  const std::shared_ptr<const conf::Config> first_config_;
  const double started_unix_s_;
  observe::DurationHistogram loop_lag_;
  io::Loop loop_;
  const std::string sticky_secret_;
  const SipKey limits_key_;
  std::unique_ptr<observe::AccessLog> access_log_;
  std::vector<std::unique_ptr<Worker>> workers_;
  UpstreamHouse house_;
  Listeners listeners_;
  std::unique_ptr<Deployment> current_;
  std::unique_ptr<Deployment> next_;  ///< not ready yet
  Listeners::Prepared next_listeners_;
  std::string next_text_;
  std::string next_from_;
  Reloader reloader_;
  const std::shared_ptr<ConfigStore> store_;  ///< shared with writes under way
  std::unique_ptr<ConfigCentre> centre_;      ///< null: the configuration is a file
  Announcements announcements_;
  std::unique_ptr<admin::Server> admin_;
  std::unique_ptr<io::Signals> signals_;
  Deadline next_limits_tick_;
  std::size_t draining_workers_ = 0;
  std::uint64_t reloads_succeeded_ = 0;
  std::uint64_t reloads_failed_ = 0;
  bool last_reload_successful_ = true;
  double config_loaded_unix_s_;
  bool ready_ = false;
  bool draining_ = false;
};

}  // namespace penstock
