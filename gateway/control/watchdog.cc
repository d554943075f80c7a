#include "gateway/control/watchdog.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace penstock {

Watchdog::Watchdog(io::Loop& loop, const std::vector<std::unique_ptr<Worker>>& workers, Nanos within,
                   std::function<void()> alive)
    : loop_(loop),
      workers_(workers),
      every_(std::max<Nanos>(within / 4, kNanosPerMilli)),
      alive_(std::move(alive)),
      unanswered_(std::make_shared<std::atomic<std::size_t>>(0)),
      next_look_(Deadline::of<&Watchdog::look>(this)) {
  look();
}

void Watchdog::look() {
  loop_.arm(next_look_, every_);
  const std::size_t unanswered = unanswered_->load();
  if (unanswered > 0) {
    if (!std::exchange(silent_, true)) spdlog::warn("{} workers don't turn; no sign of life is given", unanswered);
    return;
  }
  silent_ = false;
  alive_();
  unanswered_->store(workers_.size());
  for (const auto& worker : workers_) worker->post([unanswered = unanswered_](Nanos) { --*unanswered; });
}

}  // namespace penstock
