// Counts of the present and the previous window of time in one word.
//
//     20 bits: number of the window | 22 bits: count of the previous one | 22 bits: count of this one
#pragma once

#include <cstdint>

namespace penstock::limiters {

/// Where a moment lies.
struct WindowMoment {
  std::uint64_t index = 0;    ///< of the window; only its lowest 20 bits are kept in a word
  std::uint64_t past_ns = 0;  ///< since the window began

  /// Workers read their clocks at different moments. One that has not reached the word's window yet, being one behind,
  /// is taken along to its beginning, or counts would be lost at every edge.
  static WindowMoment at(std::uint64_t now_ns, std::uint64_t window_ns, std::uint64_t word);
};

/// What a word holds for a given window. A word of 0 is empty at any time.
///
/// A clock that was set back (by up to 1024 windows) keeps the counts. A word that comes back after more windows
/// than 20 bits can count is as good as empty, but for one in a thousand, which finds its last counts again.
struct WindowCounts {
  static constexpr std::uint32_t kMost = (1u << 22) - 1;

  std::uint32_t previous = 0;
  std::uint32_t current = 0;

  static WindowCounts of(std::uint64_t word, std::uint64_t index);
  std::uint64_t packed(std::uint64_t index) const;
  /// Counts `cost` more, to at most kMost.
  WindowCounts plus(std::uint32_t cost) const;
  /// How many there were in the last full length of a window, taking those of the previous one as evenly spread.
  double estimate(const WindowMoment& moment, std::uint64_t window_ns) const;
};

}  // namespace penstock::limiters
