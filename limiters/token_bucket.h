// A token bucket in one atomic word: the generic cell rate algorithm (ITU-T I.371), with the word in fractions of
// requests (rate_clock.h). In any interval t no more than burst + rate * t is admitted, whatever the number of threads.
#pragma once

#include <atomic>
#include <cstdint>

#include "limiters/rate_clock.h"
#include "limiters/verdict.h"

namespace penstock::limiters {

/// The settings of a limit; the state is a word beside it, 0 when fresh. Immutable; any thread.
///
/// All who share a word must use the same settings: the word's unit depends on the rate.
class TokenBucket {
 public:
  using Word = std::atomic<std::uint64_t>;

  /// `burst`: what passes at once after a rest, in [1, RateClock::kMostRequests].
  TokenBucket(Rate rate, std::uint32_t burst);

  /// Takes `cost` or nothing. A cost above the burst is never admitted. `now_ns` may differ from thread to thread by
  /// what their loops lag, and may step back: a second or less makes the limit that much later, more leaves it
  /// exhausted.
  Verdict take(Word& word, std::uint64_t now_ns, std::uint32_t cost = 1) const;

  /// True if the word remembers nothing, and so may be thrown away or serve another key.
  bool recovered(std::uint64_t word, std::uint64_t now_ns) const { return word <= clock_.at(now_ns); }

  /// What the word of a limit whose settings change from `old` to these shall start with: the same number of requests
  /// is owed. To be stored in a word of its own, because requests that began before go on with the old settings.
  std::uint64_t rescaled(std::uint64_t word, std::uint64_t now_ns, const TokenBucket& old) const;

  std::uint32_t burst() const { return static_cast<std::uint32_t>(clock_.whole_requests(burst_)); }

 private:
  Verdict refused(std::uint64_t debt, std::uint64_t missing) const;

  RateClock clock_;
  std::uint64_t burst_;  ///< in units
};

}  // namespace penstock::limiters
