// Requests that wait their turn: the schedule of a queue that is left at a fixed rate, in one atomic word.
//
// Semantics of nginx's limit_req without `nodelay`, without its rounding (1 a minute is 1 a minute, not 0.96). Nobody
// holds a list: each request is told how long to wait, and no two are told the same turn. Turns lie 1/rate apart at
// least.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "limiters/rate_clock.h"

namespace penstock::limiters {

/// The settings. The state is a word (0 when fresh) with the next free turn, and, where there is room for it, some
/// words for turns that were given up. Immutable; any thread. All who share a word must use the same settings.
class LeakyBucket {
 public:
  using Word = std::atomic<std::uint64_t>;

  struct Turn {
    bool granted = false;
    std::uint64_t wait_ns = 0;  ///< until the turn; 0: now
    std::uint64_t retry_after_ns =
        0;                   ///< if not granted: when there will be a place in the queue, if nobody comes first
    std::uint64_t slot = 0;  ///< names the turn to give_up()
  };

  /// `queue`: how many may wait, below RateClock::kMostRequests; 0: what can't go now is refused. `max_wait_ns`: nobody
  /// is told to wait longer.
  LeakyBucket(Rate rate, std::uint32_t queue, std::uint64_t max_wait_ns);

  /// The turn of a request that comes now. A turn that was given up is taken first: who takes it goes before some who
  /// came earlier, but delays nobody.
  Turn reserve(Word& next, std::uint64_t now_ns, std::span<Word> given_up = {}) const;

  /// At most once a turn: for a client that left before it, or a request that another limit has refused. If the turn
  /// was the last one of the queue, it is as if it had never been reserved. Else it is kept for the next who comes, in
  /// one of `given_up`; the others have been told their turns and don't move up. If all of these are taken, the turn
  /// passes unused: its place in the queue is free from then on. In no case is a turn used twice.
  void give_up(const Turn& turn, Word& next, std::uint64_t now_ns, std::span<Word> given_up = {}) const;

  /// True if the word remembers nothing.
  bool recovered(std::uint64_t next, std::uint64_t now_ns) const { return next <= clock_.at(now_ns); }

 private:
  std::uint64_t take_given_up(std::uint64_t now, std::span<Word> given_up) const;
  Turn granted(std::uint64_t slot, std::uint64_t now) const;

  RateClock clock_;
  std::uint64_t longest_;  ///< wait, in units
};

}  // namespace penstock::limiters
