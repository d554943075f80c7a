// At most `limit` in each window, for quotas that begin anew at a set time ("10,000 a day").
//
// Across the edge of two windows twice the limit can pass at once: for anything shorter than an hour use a token
// bucket.
#pragma once

#include <atomic>
#include <cstdint>

#include "limiters/verdict.h"

namespace penstock::limiters {

/// The settings; the state is a word, 0 when fresh: 32 bits for the window's number and 32 for its count. A key that
/// comes back after exactly a multiple of 2^32 windows finds its old count. Immutable; any thread.
class FixedWindow {
 public:
  using Word = std::atomic<std::uint64_t>;

  /// `limit` in [1, 2^32 - 1]. Windows begin at multiples of `window_ns` from the clock's origin: hand in the time
  /// since 1970 for days that begin at midnight UTC.
  FixedWindow(std::uint32_t limit, std::uint64_t window_ns) : limit_(limit), window_ns_(window_ns) {}

  /// Takes `cost` or nothing; what is refused is not counted. A clock that steps back keeps the count.
  Verdict take(Word& word, std::uint64_t now_ns, std::uint32_t cost = 1) const;
  bool recovered(std::uint64_t word, std::uint64_t now_ns) const;

 private:
  std::uint32_t limit_;
  std::uint64_t window_ns_;
};

}  // namespace penstock::limiters
