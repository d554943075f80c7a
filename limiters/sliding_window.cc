#include "limiters/sliding_window.h"

#include <cmath>

namespace penstock::limiters {

Verdict SlidingWindow::take(Word& word, std::uint64_t now_ns, std::uint32_t cost) const {
  std::uint64_t old = word.load(std::memory_order_relaxed);
  for (;;) {
    const WindowMoment moment = WindowMoment::at(now_ns, window_ns_, old);
    const WindowCounts counts = WindowCounts::of(old, moment.index);
    const bool admitted = counts.estimate(moment, window_ns_) + cost <= limit_;
    const WindowCounts after = admitted ? counts.plus(cost) : counts;
    // What is refused is written too if the window has changed: after the clock was set back, the counts must move
    // along.
    const std::uint64_t fresh = after.packed(moment.index);
    if (fresh != old && !word.compare_exchange_weak(old, fresh, std::memory_order_relaxed)) continue;
    return {admitted, admitted ? 0 : wait_for(after, moment, cost), remaining(after, moment),
            reset_after(after, moment)};
  }
}

bool SlidingWindow::recovered(std::uint64_t word, std::uint64_t now_ns) const {
  const WindowCounts counts = WindowCounts::of(word, WindowMoment::at(now_ns, window_ns_, word).index);
  return counts.previous == 0 && counts.current == 0;
}

/// The estimate falls as the previous window slides out: in this window if `current` leaves room, else in the next one,
/// when `current` itself slides out.
std::uint64_t SlidingWindow::wait_for(const WindowCounts& counts, const WindowMoment& moment,
                                      std::uint32_t cost) const {
  if (cost > limit_) return kNever;
  const double room = limit_ - cost;
  const bool this_window = counts.current <= room;
  const double sliding = this_window ? counts.previous : counts.current;
  const double stays = this_window ? counts.current : 0;
  const double fraction = 1 - (room - stays) / sliding;
  const auto into_window = static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(window_ns_))) + 1;
  return (this_window ? 0 : window_ns_) + into_window - moment.past_ns;
}

std::uint64_t SlidingWindow::remaining(const WindowCounts& counts, const WindowMoment& moment) const {
  const double left = limit_ - counts.estimate(moment, window_ns_);
  return left <= 0 ? 0 : static_cast<std::uint64_t>(left);
}

std::uint64_t SlidingWindow::reset_after(const WindowCounts& counts, const WindowMoment& moment) const {
  const std::uint64_t windows = counts.current > 0 ? 2 : counts.previous > 0 ? 1 : 0;
  return windows == 0 ? 0 : windows * window_ns_ - moment.past_ns;
}

}  // namespace penstock::limiters
