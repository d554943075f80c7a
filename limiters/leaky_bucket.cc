#include "limiters/leaky_bucket.h"

#include <algorithm>

namespace penstock::limiters {

LeakyBucket::LeakyBucket(Rate rate, std::uint32_t queue, std::uint64_t max_wait_ns)
    : clock_(rate), longest_(std::min(clock_.units(queue), clock_.at(max_wait_ns))) {}

LeakyBucket::Turn LeakyBucket::reserve(Word& next, std::uint64_t now_ns, std::span<Word> given_up) const {
  const std::uint64_t now = clock_.at(now_ns);
  const std::uint64_t one = clock_.units(1);
  if (const std::uint64_t slot = take_given_up(now, given_up)) return granted(slot, now);
  std::uint64_t old = next.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t wait = clock_.ahead(old, now, longest_ + one);
    if (wait > longest_) {
      const bool set_back = old - now != wait;  // the clock was; see RateClock::ahead()
      if (set_back && !next.compare_exchange_weak(old, now + wait, std::memory_order_relaxed)) continue;
      return {false, 0, clock_.ns_for(wait - longest_), 0};
    }
    if (next.compare_exchange_weak(old, now + wait + one, std::memory_order_relaxed)) return granted(now + wait, now);
  }
}

void LeakyBucket::give_up(const Turn& turn, Word& next, std::uint64_t now_ns, std::span<Word> given_up) const {
  const std::uint64_t now = clock_.at(now_ns);
  if (!turn.granted || turn.slot <= now) return;
  std::uint64_t last = turn.slot + clock_.units(1);
  if (next.compare_exchange_strong(last, turn.slot, std::memory_order_relaxed)) return;
  for (Word& place : given_up) {
    std::uint64_t held = place.load(std::memory_order_relaxed);
    if (held <= now && place.compare_exchange_strong(held, turn.slot, std::memory_order_relaxed)) return;
  }
}

/// 0 if there is none that is still to come.
std::uint64_t LeakyBucket::take_given_up(std::uint64_t now, std::span<Word> given_up) const {
  for (Word& place : given_up) {
    std::uint64_t slot = place.load(std::memory_order_relaxed);
    const bool usable = slot > now && slot - now <= longest_;
    if (usable && place.compare_exchange_strong(slot, 0, std::memory_order_relaxed)) return slot;
  }
  return 0;
}

LeakyBucket::Turn LeakyBucket::granted(std::uint64_t slot, std::uint64_t now) const {
  return {true, clock_.ns_for(slot - now), 0, slot};
}

}  // namespace penstock::limiters
