#include "limiters/outcome_window.h"

namespace penstock::limiters {
namespace {

constexpr unsigned kBits = 17;
constexpr std::uint32_t kMost = (1u << kBits) - 1;
constexpr unsigned kRoundShift = 3 * kBits;
constexpr std::uint64_t kRoundMask = (1u << 13) - 1;

/// The word: 13 bits of the round in which the slot was last used, then requests, failed and slow, 17 bits each.
struct Slot {
  std::uint32_t requests = 0;
  std::uint32_t failed = 0;
  std::uint32_t slow = 0;

  static Slot of(std::uint64_t word, std::uint64_t round) {
    if (word >> kRoundShift != (round & kRoundMask)) return {};
    return {static_cast<std::uint32_t>(word >> 2 * kBits) & kMost, static_cast<std::uint32_t>(word >> kBits) & kMost,
            static_cast<std::uint32_t>(word) & kMost};
  }
  std::uint64_t packed(std::uint64_t round) const {
    return (round & kRoundMask) << kRoundShift | std::uint64_t{requests} << 2 * kBits | std::uint64_t{failed} << kBits |
           slow;
  }
  Slot plus(bool has_failed, bool was_slow) const {
    Slot sum = *this;
    if (requests == kMost) sum = {requests / 2, failed / 2, slow / 2};
    return {sum.requests + 1, sum.failed + (has_failed ? 1 : 0), sum.slow + (was_slow ? 1 : 0)};
  }
};

}  // namespace

void OutcomeWindow::record(bool failed, bool slow, std::uint64_t now_ns) {
  const std::uint64_t number = now_ns / slot_ns_;
  std::atomic<std::uint64_t>& word = slots_[number % kSlots];
  const std::uint64_t round = number / kSlots;
  std::uint64_t old = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(old, Slot::of(old, round).plus(failed, slow).packed(round),
                                     std::memory_order_relaxed)) {
  }
  if ((failed || slow) && after_bad_.load(std::memory_order_relaxed) < number + 1)
    after_bad_.store(number + 1, std::memory_order_relaxed);
}

bool OutcomeWindow::any_bad(std::uint64_t now_ns) const {
  const std::uint64_t after = after_bad_.load(std::memory_order_relaxed);
  return after != 0 && now_ns / slot_ns_ < after - 1 + kSlots;
}

OutcomeWindow::Totals OutcomeWindow::totals(std::uint64_t now_ns) const {
  Totals sum;
  const std::uint64_t newest = now_ns / slot_ns_;
  for (std::size_t back = 0; back < kSlots && back <= newest; ++back) {
    const std::uint64_t number = newest - back;
    const Slot slot = Slot::of(slots_[number % kSlots].load(std::memory_order_relaxed), number / kSlots);
    sum.requests += slot.requests;
    sum.failed += slot.failed;
    sum.slow += slot.slow;
  }
  return sum;
}

void OutcomeWindow::clear() {
  for (auto& slot : slots_) slot.store(0, std::memory_order_relaxed);
  after_bad_.store(0, std::memory_order_relaxed);
}

}  // namespace penstock::limiters
