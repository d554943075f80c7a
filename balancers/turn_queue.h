// Members of equal weight in the order of their turns. Between two picks all of them gain alike, so the order stands;
// who was picked goes to the back.
#pragma once

#include <cstdint>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

/// A member's place in a queue.
struct Turn {
  std::int64_t credit =
      0;  ///< the one with more is first, of equal ones the lower index; not to be changed while queued
  std::uint32_t before = kNoMember;  ///< next to it in the row
  std::uint32_t after = kNoMember;
  std::uint32_t heap_place = kNoMember;
};

/// Whoever comes to the back is put in a row, O(1). After a change of members some do not belong at the back: they go
/// to a heap, O(log n), until their next turn. `turns`: one per member, the same in each call; a member is in one queue
/// at most.
class TurnQueue {
 public:
  using Turns = std::vector<Turn>;

  /// Whose turn it is; kNoMember if empty.
  std::uint32_t front(const Turns& turns) const;
  void insert(Turns& turns, std::uint32_t index);
  void erase(Turns& turns, std::uint32_t index);

 private:
  void move_up(Turns& turns, std::size_t place);
  void move_down(Turns& turns, std::size_t place);
  void set(Turns& turns, std::size_t place, std::uint32_t index);

  std::uint32_t first_ = kNoMember;  ///< of the row
  std::uint32_t last_ = kNoMember;
  std::vector<std::uint32_t> heap_;
};

}  // namespace penstock::balancers
