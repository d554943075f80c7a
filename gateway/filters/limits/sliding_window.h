// `sliding_window`: so many requests in about any window of time.
#pragma once

#include "gateway/filters/limits/rate_limit.h"
#include "gateway/filters/limits/settings.h"
#include "limiters/sliding_window.h"

namespace penstock::filters {

/// A RateKind. Each request counts as one, whatever its cost.
class SlidingWindowRate {
 public:
  explicit SlidingWindowRate(const conf::Limit& config);

  std::uint64_t time(Nanos now, std::uint64_t /*unix_ms*/) const { return now; }
  limiters::Verdict take(std::atomic<std::uint64_t>& word, std::uint64_t now, std::uint32_t /*cost*/) const {
    return window_.take(word, now);
  }
  bool recovered(std::uint64_t word, std::uint64_t now) const { return window_.recovered(word, now); }
  /// The count goes on if the window keeps its length; else it would be of another time.
  std::uint64_t rescaled(std::uint64_t word, Nanos /*steady_now*/, const SlidingWindowRate& was) const {
    return length_ == was.length_ ? word : 0;
  }
  std::uint64_t quota() const { return quota_; }
  std::uint64_t window_s() const { return whole_seconds(length_); }

 private:
  limiters::SlidingWindow window_;
  std::uint64_t quota_;
  conf::milliseconds length_;
};

using SlidingWindowLimit = RateLimit<SlidingWindowRate>;

}  // namespace penstock::filters
