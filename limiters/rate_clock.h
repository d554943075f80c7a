// Time counted in requests instead of nanoseconds, for the limiters that keep a moment in one atomic word.
//
// A word that holds nanoseconds must round the gap between two requests: at 700,000/s that is 0.04 % for ever. Here the
// word counts fractions of a request (`unit`) that the rate has earned since the origin; a request costs exactly
// `units(1)`, and what is rounded is only the reading of the clock, once, to under a nanosecond or 2^-31 requests.
#pragma once

#include <cstdint>

namespace penstock::limiters {

/// `count` requests per `period_ns`. From 1 in 30 days to 1,000,000,000 a second.
struct Rate {
  std::uint64_t count = 1;
  std::uint64_t period_ns = 1'000'000'000;
};

/// Immutable; any thread. Times are ns of any steady clock, below 2^62 (146 years after its origin).
class RateClock {
 public:
  static constexpr std::uint32_t kMostRequests = 1u << 30;  ///< what a word may be ahead of now

  explicit RateClock(Rate rate);

  /// Units earned from the origin to `now_ns`. Never falls as time grows.
  std::uint64_t at(std::uint64_t now_ns) const;
  /// The shortest time that earns `units`.
  std::uint64_t ns_for(std::uint64_t units) const;
  std::uint64_t units(std::uint64_t requests) const { return requests << shift_; }
  std::uint64_t whole_requests(std::uint64_t units) const { return units >> shift_; }
  /// `units` of `other`, in units of this clock: the same number of requests.
  std::uint64_t converted(std::uint64_t units, const RateClock& other) const;

  /// How far `word` is ahead of `now_units`, at most `most`. Workers read their clocks at different moments, so a word
  /// may be ahead of `most` by that difference; more than a second means that the clock was set back, and then the word
  /// counts as `most` ahead: a limit that was set back is at worst exhausted, never frozen.
  std::uint64_t ahead(std::uint64_t word, std::uint64_t now_units, std::uint64_t most) const;

 private:
  unsigned shift_ = 0;            ///< a request is 2^shift_ units
  std::uint64_t multiplier_ = 0;  ///< units per ns, times 2^down_
  unsigned down_ = 0;
  double ns_per_unit_ = 0;
  std::uint64_t second_ = 0;  ///< units earned in a second
};

}  // namespace penstock::limiters
