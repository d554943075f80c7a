#include "limiters/token_bucket.h"

#include <algorithm>

namespace penstock::limiters {

TokenBucket::TokenBucket(Rate rate, std::uint32_t burst) : clock_(rate), burst_(clock_.units(burst)) {}

Verdict TokenBucket::take(Word& word, std::uint64_t now_ns, std::uint32_t cost) const {
  const std::uint64_t now = clock_.at(now_ns);
  const std::uint64_t price = clock_.units(cost);
  std::uint64_t old = word.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t debt = clock_.ahead(old, now, burst_);
    if (debt + price > burst_) {
      // After a clock's step back the word is put right by whoever sees it, or it would stay refused until time caught
      // up.
      const bool stepped_back = old > now && old - now != debt;
      if (stepped_back && !word.compare_exchange_weak(old, now + debt, std::memory_order_relaxed)) continue;
      return refused(debt, price > burst_ ? kNever : debt + price - burst_);
    }
    const std::uint64_t owed = debt + price;
    if (word.compare_exchange_weak(old, now + owed, std::memory_order_relaxed)) {
      return {true, 0, clock_.whole_requests(burst_ - owed), clock_.ns_for(owed)};
    }
  }
}

Verdict TokenBucket::refused(std::uint64_t debt, std::uint64_t missing) const {
  const std::uint64_t left = burst_ - std::min(debt, burst_);
  return {false, missing == kNever ? kNever : clock_.ns_for(missing), clock_.whole_requests(left), clock_.ns_for(debt)};
}

std::uint64_t TokenBucket::rescaled(std::uint64_t word, std::uint64_t now_ns, const TokenBucket& old) const {
  const std::uint64_t debt = std::min(old.clock_.ahead(word, old.clock_.at(now_ns), old.burst_), old.burst_);
  return clock_.at(now_ns) + std::min(clock_.converted(debt, old.clock_), burst_);
}

}  // namespace penstock::limiters
