// What an exchange is doing, and how far its response has come, as two tables. What a call does meanwhile is in
// call/call_states.h.
//
//   doing     arriving ──→ filtering ──→ calling ──→ tunnel ──→ over       any ──→ over
//                │   └────────────────────↑│ ↑│
//                │             ↑───────────┘ └┘ (a fallback)
//                └──→ discarding ──(answered by us)──→ over      filtering, calling ──→ discarding
//
//   response  waiting ──→ head ──→ body ──→ done         waiting ──→ replied ──→ done
//                           └─────────────────↑          waiting, head, body ──→ cut
//
// `cut` is final, like `done`.
#pragma once

#include <cstdint>

namespace penstock::proxy {

enum class Doing : std::uint8_t {
  arriving,    ///< nothing done yet
  filtering,   ///< a filter has it wait; so does the body
  calling,     ///< an upstream is asked
  discarding,  ///< the answer is ours; what is left of the request's body is read and dropped
  tunnel,      ///< bytes pass as they are
  over,
};

enum class ResponseState : std::uint8_t {
  waiting,
  replied,  ///< by the gateway itself
  head,     ///< passed on
  body,     ///< streams
  done,
  cut,  ///< the client has been told that it got less than the whole
};

constexpr bool may_follow(Doing from, Doing to) {
  using enum Doing;
  switch (to) {
    case arriving:
      return false;
    case filtering:
    case calling:
      return from == arriving || from == filtering || from == calling;
    case discarding:
      return from == arriving || from == filtering || from == calling;
    case tunnel:
      return from == calling;
    case over:
      return from != over;
  }
  return false;
}

constexpr bool may_follow(ResponseState from, ResponseState to) {
  using enum ResponseState;
  switch (to) {
    case waiting:
      return false;
    case replied:
    case head:
      return from == waiting;
    case body:
      return from == head;
    case done:
      return from == replied || from == head || from == body;
    case cut:
      return from == waiting || from == head || from == body;
  }
  return false;
}

/// A state that only moves along its table.
template <class State>
class Tracked {
 public:
  explicit constexpr Tracked(State initial) : state_(initial) {}
  constexpr operator State() const { return state_; }
  /// False, and nothing has changed, if the table has no such move.
  [[nodiscard]] bool follow(State to) {
    if (!may_follow(state_, to)) return false;
    state_ = to;
    return true;
  }

 private:
  State state_;
};

}  // namespace penstock::proxy
