#include "gateway/filters/limits/classes_in_use.h"

#include <algorithm>

namespace penstock::filters {
namespace {

constexpr std::uint32_t kReservePerClass = 15;
constexpr std::uint32_t kLeastPerClass = 6;
constexpr Nanos kRemembered = 60 * kNanosPerSecond;
/// Not noted more often than this: all workers read what one writes.
constexpr Nanos kNoted = kNanosPerSecond;

}  // namespace

std::uint32_t reserved_places(std::uint64_t limit, std::uint32_t share) {
  const std::uint64_t least = share / kReservePerClass * kLeastPerClass;
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(share_of(limit, share), std::min(least, limit / 2)));
}

void ClassesInUse::expect(conf::Priority priority) {
  last_seen_[static_cast<std::size_t>(priority)].store(kAlways, std::memory_order_relaxed);
}

std::uint32_t ClassesInUse::reserve_share(conf::Priority priority, Nanos now) {
  const auto own = static_cast<std::size_t>(priority);
  const Nanos seen = last_seen_[own].load(std::memory_order_relaxed);
  if (seen != kAlways && seen + kNoted < now) last_seen_[own].store(now, std::memory_order_relaxed);
  std::uint32_t share = 0;
  for (std::size_t higher = 0; higher < own; ++higher) share += in_use(higher, now) ? kReservePerClass : 0;
  return share;
}

std::uint32_t ClassesInUse::beyond_share(conf::Priority priority, Nanos now) const {
  for (std::size_t lower = static_cast<std::size_t>(priority) + 1; lower < kClasses; ++lower) {
    if (in_use(lower, now)) return 2 * kReservePerClass;
  }
  return 0;
}

bool ClassesInUse::in_use(std::size_t number, Nanos now) const {
  const Nanos seen = last_seen_[number].load(std::memory_order_relaxed);
  if (seen == 0 || seen == kAlways) return seen == kAlways;
  return now < seen + kRemembered;
}

}  // namespace penstock::filters
