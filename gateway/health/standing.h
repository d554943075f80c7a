// How one endpoint stands.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/base/deadline_wheel.h"
#include "gateway/health/state.h"

namespace penstock::health {

struct Standing {
  State state = State::healthy;
  /// "3 checks failed: connect: Connection refused", "for 10 s: 5 failures in a row", "2 checks passed"; empty if
  /// healthy from the first.
  std::string reason;
  std::uint64_t since_unix_ms = 0;  ///< of the state
  /// Steady; when it was last taken back in, or came to join others that were there already; 0 = neither.
  Nanos recovered_at = 0;

  bool usable() const { return state == State::healthy; }
};

}  // namespace penstock::health
