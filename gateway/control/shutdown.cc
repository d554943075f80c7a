#include "gateway/control/shutdown.h"

#include <spdlog/spdlog.h>

namespace penstock {

Shutdown::Shutdown(io::Loop& loop, DataPlane& plane, Announcements& announcements)
    : loop_(loop), plane_(plane), announcements_(announcements), grace_(Deadline::of<&Shutdown::may_drain>(this)) {}

void Shutdown::begin() {
  loop_.assert_here();
  before_drain_ = 1;
  if (const auto grace = plane_.current()->config().drain_grace; grace && grace->count() > 0) {
    spdlog::info("leaving: requests are served as before for {} ms", grace->count());
    ++before_drain_;
    loop_.arm(grace_, nanos(*grace));
  }
  announcements_.withdraw([this] { may_drain(); });
}

void Shutdown::may_drain() {
  if (--before_drain_ == 0) drain();
}

void Shutdown::drain() {
  loop_.assert_here();
  const conf::milliseconds timeout = plane_.current()->config().drain_timeout;
  spdlog::info("draining for at most {} ms", timeout.count());
  draining_ = plane_.workers().size();
  plane_.listeners().let_go();
  for (const auto& worker : plane_.workers()) {
    worker->drain(timeout, [this] {
      loop_.post([this] {
        if (--draining_ == 0) loop_.stop();
      });
    });
  }
}

}  // namespace penstock
