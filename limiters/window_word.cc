#include "limiters/window_word.h"

#include <algorithm>

namespace penstock::limiters {
namespace {

constexpr unsigned kCountBits = 22;
constexpr unsigned kIndexShift = 2 * kCountBits;
constexpr std::uint64_t kIndexMask = (1u << 20) - 1;
constexpr std::uint64_t kMostBack = 1024;

}  // namespace

WindowMoment WindowMoment::at(std::uint64_t now_ns, std::uint64_t window_ns, std::uint64_t word) {
  const std::uint64_t index = now_ns / window_ns;
  const bool one_behind = word != 0 && (((index + 1) ^ (word >> kIndexShift)) & kIndexMask) == 0;
  return one_behind ? WindowMoment{index + 1, 0} : WindowMoment{index, now_ns % window_ns};
}

WindowCounts WindowCounts::of(std::uint64_t word, std::uint64_t index) {
  const WindowCounts held = {static_cast<std::uint32_t>(word >> kCountBits) & kMost,
                             static_cast<std::uint32_t>(word) & kMost};
  const std::uint64_t passed = (index - (word >> kIndexShift)) & kIndexMask;
  if (passed == 0 || passed > kIndexMask - kMostBack) return held;
  if (passed == 1) return {held.current, 0};
  return {};
}

std::uint64_t WindowCounts::packed(std::uint64_t index) const {
  return (index & kIndexMask) << kIndexShift | std::uint64_t{previous} << kCountBits | current;
}

WindowCounts WindowCounts::plus(std::uint32_t cost) const {
  return {previous, current + std::min(cost, kMost - current)};
}

double WindowCounts::estimate(const WindowMoment& moment, std::uint64_t window_ns) const {
  return previous * (1 - static_cast<double>(moment.past_ns) / static_cast<double>(window_ns)) + current;
}

}  // namespace penstock::limiters
