// Who waits for a place, who gets the next one, and who is sent away: a short queue by priority.
//
// Facebook's adaptive LIFO and CoDel rule (Maurer, "Fail at Scale", ACM Queue 2015): while the queue empties now and
// then, first come first served, and a wait of 100 ms is bearable. When it has not been empty for 100 ms it is a
// standing queue: it does no good, so newcomers wait 5 ms at most, and the newest go first, because the old ones'
// clients are leaving.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace penstock::limiters {

/// The lower goes first when not all can be served.
enum class Priority : std::uint8_t { kCritical, kDefault, kSheddable, kBackground };
inline constexpr std::size_t kPriorities = 4;

class WaitingRoom;

/// One who may wait: a base of the owner's object, or a member. Leaves the room when destroyed.
class Waiter {
 public:
  explicit Waiter(Priority priority = Priority::kDefault) : priority_(priority) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter();

  bool waiting() const { return room_ != nullptr; }
  Priority priority() const { return priority_; }
  /// Not while waiting().
  void set_priority(Priority priority) { priority_ = priority; }
  /// When the owner must take it out with leave() and refuse the request; valid while waiting().
  std::uint64_t deadline_ns() const { return deadline_ns_; }

 private:
  friend class WaitingRoom;
  Waiter* newer_ = nullptr;
  Waiter* older_ = nullptr;
  WaitingRoom* room_ = nullptr;
  std::uint64_t deadline_ns_ = 0;
  Priority priority_;
};

struct WaitingRoomSettings {
  std::size_t places = 1024;
  std::uint64_t patience_ns =
      100'000'000;  ///< the longest wait, and how long a queue stands before it is a standing one
  std::uint64_t standing_wait_ns = 5'000'000;  ///< the longest wait in a standing queue
  /// Strictly first come, first served within a class, each with the whole patience, however long the queue stands.
  bool in_order = false;
};

/// Belongs to one thread, and doesn't own the waiters. All operations are O(1), but that next() steps over overdue
/// ones.
class WaitingRoom {
 public:
  explicit WaitingRoom(WaitingRoomSettings settings) : settings_(settings) {}
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;
  ~WaitingRoom();

  struct Entry {
    bool entered = false;
    Waiter* displaced = nullptr;  ///< of a lower class, no longer waiting: to be refused
  };
  /// `waiter` must not be waiting. When the room is full, the longest waiting of the lowest class goes, if that is
  /// below the newcomer's. `full`: it counts as full, whoever is here.
  Entry enter(Waiter& waiter, std::uint64_t now_ns, bool full = false);
  /// Nothing if it is not waiting here.
  void leave(Waiter& waiter);
  /// Who is to have the place that becomes free; nullptr if nobody waits who is still in time.
  Waiter* first(std::uint64_t now_ns);
  /// The same, and takes it out.
  Waiter* next(std::uint64_t now_ns);
  /// Who has waited the longest of the highest class that waits; nullptr if nobody waits.
  const Waiter* oldest() const;

  std::size_t size() const { return size_; }
  /// True if those of this class have been waiting without a break for longer than the patience.
  bool standing(Priority priority, std::uint64_t now_ns) const;

 private:
  friend class Waiter;
  struct Line {
    Waiter* newest = nullptr;
    Waiter* oldest = nullptr;
    std::uint64_t last_empty_ns = 0;
  };
  Line& line(Priority priority) { return lines_[static_cast<std::size_t>(priority)]; }
  Waiter* lowest_below(Priority priority);
  Waiter* first_in_time(Line& line, bool newest_first, std::uint64_t now_ns);
  void unlink(Waiter& waiter);

  const WaitingRoomSettings settings_;
  std::array<Line, kPriorities> lines_{};
  std::size_t size_ = 0;
};

}  // namespace penstock::limiters
