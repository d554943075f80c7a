// `fixed_window`: so many requests in each window; windows begin with the clock's hours and days.
#pragma once

#include "gateway/filters/limits/rate_limit.h"
#include "gateway/filters/limits/settings.h"
#include "limiters/fixed_window.h"

namespace penstock::filters {

/// A RateKind. Each request counts as one, whatever its cost.
class FixedWindowRate {
 public:
  explicit FixedWindowRate(const conf::Limit& config);

  /// Since 1970, so that a day begins at midnight UTC.
  std::uint64_t time(Nanos /*now*/, std::uint64_t unix_ms) const { return unix_ms * kNanosPerMilli; }
  limiters::Verdict take(std::atomic<std::uint64_t>& word, std::uint64_t now, std::uint32_t /*cost*/) const {
    return window_.take(word, now);
  }
  bool recovered(std::uint64_t word, std::uint64_t now) const { return window_.recovered(word, now); }
  /// The count goes on if the window keeps its length; else it would be of another time.
  std::uint64_t rescaled(std::uint64_t word, Nanos /*steady_now*/, const FixedWindowRate& was) const {
    return length_ == was.length_ ? word : 0;
  }
  std::uint64_t quota() const { return quota_; }
  std::uint64_t window_s() const { return whole_seconds(length_); }

 private:
  limiters::FixedWindow window_;
  std::uint64_t quota_;
  conf::milliseconds length_;
};

using FixedWindowLimit = RateLimit<FixedWindowRate>;

}  // namespace penstock::filters
