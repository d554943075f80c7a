// Deadlines for many waits under one timer: a hierarchical timing wheel (Varghese & Lauck, 1987).
//
// Arming again to a later time, and cancelling, are one store: a deadline stays in its slot and is looked at again when
// the slot comes round. A keep-alive connection that is re-armed at each request so costs no list operation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "gateway/base/intrusive_list.h"
#include "gateway/base/nanos.h"

namespace penstock {

/// One wait's end. The owner outlives it; `fire` is called on the wheel's thread, at most once per arming, never early.
class Deadline : public ListLink {
 public:
  using Fire = void (*)(void* owner);
  Deadline(Fire fire, void* owner) : fire_(fire), owner_(owner) {}
  /// A member's, private or not: `Deadline next_ = Deadline::of<&Probe::begin>(this);`
  template <auto kMember, class Owner>
  static Deadline of(Owner* owner) {
    return {[](void* self) { (static_cast<Owner*>(self)->*kMember)(); }, owner};
  }
  bool armed() const { return due_ != kNever; }
  /// Never fires unless armed again. O(1).
  void cancel() { due_ = kNever; }

 private:
  friend class DeadlineWheel;
  static constexpr Nanos kNever = ~Nanos{0};
  Nanos due_ = kNever;
  std::uint64_t slot_tick_ = 0;
  Fire fire_;
  void* owner_;
};

/// Belongs to one thread. Resolution 4.2 ms: a deadline fires within that after it is due, given timely advance().
class DeadlineWheel {
 public:
  explicit DeadlineWheel(Nanos now);

  /// `due` may be in the past (fires at the next advance) or at most some 19 h ahead (then it fires at 19 h).
  void arm(Deadline& deadline, Nanos due);
  /// Fires all that is due. A fired deadline may arm, cancel or destroy any other.
  void advance(Nanos now);
  /// When advance() should be called next; nullopt if nothing is in the wheel.
  std::optional<Nanos> next() const;

 private:
  static constexpr unsigned kTickShift = 22;
  static constexpr unsigned kLevels = 4;
  static constexpr unsigned kSlotBits = 6;
  static constexpr unsigned kSlots = 1u << kSlotBits;
  using Slot = IntrusiveList<Deadline>;

  void link(Deadline& deadline);
  void take(unsigned level, unsigned slot, Slot& into);

  std::uint64_t tick_;  ///< the last tick that has been fired
  std::array<std::uint64_t, kLevels> occupied_{};
  std::array<std::array<Slot, kSlots>, kLevels> slots_;
};

}  // namespace penstock
