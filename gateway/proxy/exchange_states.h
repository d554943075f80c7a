// The two sides of an exchange, as two enums and a table.
//
//   request   head ──→ choosing ──→ connecting ──→ sending ──→ sent         any ──→ aborted
//               │          ↑  └─────────(idle connection)──↑     ↑  │
//               ├→ queued ─┤                                     │  │
//               │          ├── retry ────────┴─────────────┴─────┼──┤
//               │          └────────────── backing_off ←──────────┴──┘
//               └──→ discarding ─────(answered by us)────────────┘
//
// A fallback to another upstream begins anew from any of the upper row: it is queued there, or choosing.
//
//   response  waiting ──→ head ──→ body ──→ done         waiting ──→ replied ──→ done
//                           └─────────────────↑          head, body ──→ cut
//
// A retry is possible only while the response is waiting, and a hedge only beside a try that is `sent`. If the try
// fails while its hedge has no connection yet, the request is `connecting` again. `aborted` and `cut` are final, like
// `done`.
#pragma once

#include <cassert>
#include <cstdint>

namespace penstock::proxy {

enum class RequestState : std::uint8_t {
  head,         ///< nothing done yet
  queued,       ///< a limit has told it to wait for its turn; the body waits
  choosing,     ///< an endpoint is wanted
  connecting,   ///< a connection is under way; the body waits
  sending,      ///< head sent, body streams
  sent,         ///< complete
  backing_off,  ///< a try has failed; the next one is waited for
  discarding,   ///< the answer is ours; what is left of the body is read and dropped
  aborted,      ///< will never be complete
};

enum class ResponseState : std::uint8_t {
  waiting,
  replied,  ///< by the gateway itself
  head,     ///< passed on
  body,     ///< streams
  done,
  cut,  ///< the client has been told that it got less than the whole
};

constexpr bool may_follow(RequestState from, RequestState to) {
  using enum RequestState;
  switch (to) {
    case head:
      return false;
    case queued:
    case choosing:
      return from != discarding && from != aborted;
    case connecting:
      return from == choosing;
    case sending:
      return from == choosing || from == connecting;
    case sent:
      return from == sending || from == discarding;
    case backing_off:
      return from == connecting || from == sending || from == sent;
    case discarding:
      return from != aborted && from != sent;
    case aborted:
      return from != aborted;
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

/// A state that only moves along the table.
template <class State>
class Tracked {
 public:
  explicit constexpr Tracked(State initial) : state_(initial) {}
  constexpr operator State() const { return state_; }
  void follow(State to) {
    assert(may_follow(state_, to));
    state_ = to;
  }
  /// A new exchange begins.
  void restart(State initial) { state_ = initial; }

 private:
  State state_;
};

}  // namespace penstock::proxy
