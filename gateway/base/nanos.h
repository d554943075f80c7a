// Time as the gateway counts it.
#pragma once

#include <time.h>

#include <chrono>
#include <cstdint>

namespace penstock {

/// Steady time, or a duration, in nanoseconds. The origin is arbitrary; 0 is before anything.
using Nanos = std::uint64_t;
inline constexpr Nanos kNanosPerMilli = 1'000'000;
inline constexpr Nanos kNanosPerSecond = 1'000'000'000;

/// A duration of the configuration, or any other: whole, at least 0, less than 292 years.
constexpr Nanos nanos(std::chrono::nanoseconds duration) {
  return static_cast<Nanos>(duration.count());
}

/// What a clock of the system tells: not negative.
constexpr Nanos nanos(const timespec& time) {
  return static_cast<Nanos>(time.tv_sec) * kNanosPerSecond + static_cast<Nanos>(time.tv_nsec);
}

}  // namespace penstock
