// At most `limit` in about any window of time: the two-window estimate of Cloudflare's "counting things".
//
// Those of the previous window are taken as evenly spread. On a burst that was not, up to twice the limit can pass
// within one window's length; a token bucket is exact, and the better choice but for quotas ("1000 an hour").
#pragma once

#include <atomic>
#include <cstdint>

#include "limiters/verdict.h"
#include "limiters/window_word.h"

namespace penstock::limiters {

/// The settings; the state is a word, 0 when fresh. Immutable; any thread.
class SlidingWindow {
 public:
  using Word = std::atomic<std::uint64_t>;

  /// `limit` in [1, WindowCounts::kMost]; `window_ns` at least a second. Windows begin at multiples of it from the
  /// clock's origin.
  SlidingWindow(std::uint32_t limit, std::uint64_t window_ns) : limit_(limit), window_ns_(window_ns) {}

  /// Takes `cost` or nothing; what is refused is not counted. A cost above the limit is never admitted.
  Verdict take(Word& word, std::uint64_t now_ns, std::uint32_t cost = 1) const;
  /// True if the word remembers nothing.
  bool recovered(std::uint64_t word, std::uint64_t now_ns) const;

 private:
  std::uint64_t wait_for(const WindowCounts& counts, const WindowMoment& moment, std::uint32_t cost) const;
  std::uint64_t remaining(const WindowCounts& counts, const WindowMoment& moment) const;
  std::uint64_t reset_after(const WindowCounts& counts, const WindowMoment& moment) const;

  std::uint32_t limit_;
  std::uint64_t window_ns_;
};

}  // namespace penstock::limiters
