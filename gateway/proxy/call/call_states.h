// Where a call stands, as a table.
//
//   idle ──→ choosing ──→ connecting ──→ sending ──→ sent ──→ tunnel
//              ↑  └─────────(idle connection)──↑     ↑  │
//              ├── again at once ┴─────────────┴─────┼──┤
//              └───────── backing_off ←──────────────┴──┘
//
// A hedge runs only beside a try that is `sent`. If the try fails while its hedge has no connection yet, the call is
// `connecting` again. Dropped, it is `idle`, from wherever it was.
#pragma once

#include <cstdint>

#include "gateway/base/blame.h"

namespace penstock::proxy {

enum class CallState : std::uint8_t {
  idle,         ///< nothing is asked of anybody
  choosing,     ///< an endpoint is wanted
  connecting,   ///< a connection is under way; the body waits
  sending,      ///< head sent, body streams
  sent,         ///< complete
  backing_off,  ///< a try has failed; the next one is waited for
  tunnel,       ///< bytes pass as they are
};

constexpr bool may_follow(CallState from, CallState to) {
  using enum CallState;
  switch (to) {
    case idle:
      return true;
    case choosing:
      return from != tunnel;
    case connecting:
      return from == choosing;
    case sending:
      return from == choosing || from == connecting;
    case sent:
      return from == sending;
    case backing_off:
      return from == connecting || from == sending || from == sent;
    case tunnel:
      return from == sent || from == sending;
  }
  return false;
}

/// What one of the call's attempts is doing. `answered`: a head has been passed on; `connected`: the attempt has a
/// connection, which a hedge need not have while the call is `sent`.
constexpr AttemptPhase phase_of(CallState state, bool answered, bool connected) {
  if (state == CallState::tunnel) return AttemptPhase::tunnel;
  if (answered) return AttemptPhase::answering;
  if (!connected) return AttemptPhase::connecting;
  return state == CallState::sending ? AttemptPhase::sending : AttemptPhase::waiting;
}

}  // namespace penstock::proxy
