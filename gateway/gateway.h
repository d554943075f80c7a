// The control thread: everything that is not a request.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "discovery/static_source.h"
#include "gateway/admin/pages.h"
#include "gateway/admin/server.h"
#include "gateway/io/loop.h"
#include "gateway/io/signals.h"
#include "gateway/observe/access_log.h"
#include "gateway/upstream/supervisor.h"
#include "gateway/worker.h"

namespace penstock {

/// Runs one configuration until a signal ends it. TERM and QUIT drain, a second one or INT stops at once, USR1 reopens
/// logs.
class Gateway : private admin::AdminSource {
 public:
  explicit Gateway(std::shared_ptr<const conf::Config> config);
  ~Gateway() override;

  /// Opens the listeners, serves, and returns when all is over. Throws std::runtime_error if it can't start.
  void run();

 private:
  // ---- admin::AdminSource
  std::string metrics_text() const override;
  std::vector<admin::UpstreamView> upstreams() const override;
  std::vector<admin::RouteView> routes() const override;
  std::vector<admin::LimitView> limits() const override;
  std::string config_text() const override;
  bool ready() const override { return ready_ && !draining_; }
  std::string not_ready_reason() const override { return draining_ ? "draining" : "starting"; }

  void make_workers();
  void tick_limits();
  void begin_serving();
  void open_listeners();
  void open_admin();
  void watch_endpoints();
  void supervise(std::uint32_t upstream, const std::string& made_secret);
  void on_signal(int signal);
  void drain();

  const std::shared_ptr<const conf::Config> config_;
  const double started_unix_s_;
  io::Loop loop_;
  std::unique_ptr<observe::AccessLog> access_log_;
  std::shared_ptr<filters::LimitTable> limits_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<upstream::Supervisor>> supervisors_;  ///< indexed like config_->upstreams
  std::vector<std::unique_ptr<discovery::StaticSource>> sources_;   ///< likewise
  std::unique_ptr<admin::Server> admin_;
  std::unique_ptr<io::Signals> signals_;
  Deadline names_wait_;
  Deadline next_limits_tick_;
  std::size_t unsettled_upstreams_ = 0;
  std::size_t draining_workers_ = 0;
  bool ready_ = false;
  bool draining_ = false;
};

}  // namespace penstock
