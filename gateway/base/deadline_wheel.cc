#include "gateway/base/deadline_wheel.h"

#include <algorithm>
#include <bit>

namespace penstock {

DeadlineWheel::DeadlineWheel(Nanos now) : tick_(now >> kTickShift) {}

void DeadlineWheel::arm(Deadline& deadline, Nanos due) {
  deadline.due_ = due;
  const std::uint64_t due_tick = (due >> kTickShift) + 1;
  if (deadline.linked()) {
    if (deadline.slot_tick_ <= due_tick) return;
    deadline.unlink();
  }
  link(deadline);
}

void DeadlineWheel::link(Deadline& deadline) {
  // Ticks from 1 ahead to the last slot of the top level.
  constexpr std::uint64_t kSpan = std::uint64_t{1} << (kSlotBits * kLevels);
  const std::uint64_t wanted = (deadline.due_ >> kTickShift) + 1;
  const std::uint64_t tick = std::clamp(wanted, tick_ + 1, tick_ + kSpan - kSpan / kSlots);
  // The level is that of the highest digit in which the target differs from now.
  const unsigned top_bit = 63 - static_cast<unsigned>(std::countl_zero((tick ^ tick_) | 1));
  const unsigned level = std::min(top_bit / kSlotBits, kLevels - 1);
  const unsigned slot = (tick >> (level * kSlotBits)) & (kSlots - 1);
  deadline.slot_tick_ = level == 0 ? tick : (tick >> (level * kSlotBits)) << (level * kSlotBits);
  slots_[level][slot].push_back(deadline);
  occupied_[level] |= std::uint64_t{1} << slot;
}

void DeadlineWheel::take(unsigned level, unsigned slot, Slot& into) {
  if (!(occupied_[level] >> slot & 1)) return;
  occupied_[level] &= ~(std::uint64_t{1} << slot);
  into.splice(slots_[level][slot]);
}

void DeadlineWheel::advance(Nanos now) {
  const std::uint64_t target = now >> kTickShift;
  while (tick_ < target) {
    if (std::all_of(occupied_.begin(), occupied_.end(), [](std::uint64_t bits) { return bits == 0; })) {
      tick_ = target;
      return;
    }
    ++tick_;
    Slot due;
    for (unsigned level = 0; level < kLevels; ++level) {
      take(level, (tick_ >> (level * kSlotBits)) & (kSlots - 1), due);
      if ((tick_ >> (level * kSlotBits)) & (kSlots - 1)) break;  // higher digits turn over only when this one is 0
    }
    while (Deadline* deadline = due.pop_front()) {
      if (!deadline->armed()) continue;
      if (deadline->due_ >> kTickShift >= tick_) {
        link(*deadline);
        continue;
      }
      deadline->cancel();
      deadline->fire_(deadline->owner_);
    }
  }
}

std::optional<Nanos> DeadlineWheel::next() const {
  std::optional<std::uint64_t> best;
  for (unsigned level = 0; level < kLevels; ++level) {
    if (!occupied_[level]) continue;
    const unsigned shift = level * kSlotBits;
    const std::uint64_t digit = tick_ >> shift;
    const unsigned from = static_cast<unsigned>((digit + 1) & (kSlots - 1));
    const auto ahead = static_cast<unsigned>(std::countr_zero(std::rotr(occupied_[level], static_cast<int>(from))));
    const std::uint64_t tick = (digit + 1 + ahead) << shift;
    if (!best || tick < *best) best = tick;
  }
  if (!best) return std::nullopt;
  return *best << kTickShift;
}

}  // namespace penstock
