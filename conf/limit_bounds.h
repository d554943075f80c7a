// The largest numbers that limits may have. The limiters keep their state in single words and bound them (limiters/
// rate_clock.h, window_word.h, fixed_window.h); these are the round numbers below.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace penstock::conf {

inline constexpr std::uint32_t kMostBurst = 1'000'000'000;
inline constexpr std::uint32_t kMostInSlidingWindow = 4'000'000;
inline constexpr std::uint32_t kMostInFixedWindow = 4'000'000'000;
inline constexpr std::chrono::milliseconds kShortestWindow{1'000};
inline constexpr std::uint32_t kMostQueued = 1'000'000;
inline constexpr std::uint32_t kMostUnderWay = 1'000'000;
inline constexpr std::size_t kMostKeyParts = 4;
inline constexpr std::uint32_t kFewestKeys = 100;
inline constexpr std::uint32_t kMostKeys = 10'000'000;
inline constexpr std::size_t kMostLimits = 8;  ///< in one list

}  // namespace penstock::conf
