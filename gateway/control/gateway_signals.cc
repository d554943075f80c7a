// What a gateway does when it is told to: reload, reopen, upgrade, and above all end.
#include <spdlog/spdlog.h>

#include <csignal>

#include "gateway/control/gateway.h"

#include "gateway/base/nanos.h"

namespace penstock {

void Gateway::on_signal(int signal) {
  switch (signal) {
    case SIGTERM:
    case SIGQUIT:
      told_to_end();
      break;
    case SIGINT:
      loop_.stop();
      break;
    case SIGUSR1:
      if (access_log_) access_log_->reopen();
      spdlog::info("logs reopened");
      break;
    case SIGUSR2:
      upgrade();
      break;
    case SIGHUP:
      reload();
      break;
    default:
      break;
  }
}

void Gateway::told_to_end() {
  if (handed_over_) {
    // Whoever ends the service tells all of its processes, and this one is ending.
    spdlog::info("draining already");
    handed_over_ = false;
  } else if (draining_ || !ready_) {
    loop_.stop();
  } else {
    drain();
  }
}

/// First of all, whoever finds us in a registry is told that we leave, and whoever asks /readyz. They need a while to
/// heed it, and send requests meanwhile.
void Gateway::drain() {
  upgrade_.call_off();
  draining_ = true;
  service_manager_.stopping("draining");
  before_drain_ = 1;
  if (const auto grace = current_->config().drain_grace; grace && grace->count() > 0) {
    spdlog::info("leaving: requests are served as before for {} ms", grace->count());
    ++before_drain_;
    loop_.arm(grace_, nanos(*grace));
  }
  announcements_.withdraw([this] { may_drain_workers(); });
}

void Gateway::may_drain_workers() {
  if (--before_drain_ == 0) drain_workers();
}

void Gateway::drain_workers() {
  draining_workers_ = workers_.size();
  const conf::milliseconds timeout = current_->config().drain_timeout;
  spdlog::info("draining for at most {} ms", timeout.count());
  listeners_.let_go();
  for (auto& worker : workers_) {
    worker->drain(timeout, [this] {
      loop_.post([this] {
        if (--draining_workers_ == 0) loop_.stop();
      });
    });
  }
}

}  // namespace penstock
