// Whose doing it is that a request, or one attempt at it, ended without a (whole) answer. One table for all that draw
// conclusions from it: outlier detection, circuit breakers, latencies, adaptive limits and the failures in metrics.
//
// Only what the gateway's own time-outs end, and what the endpoint does itself, is the endpoint's failure. What a
// client chooses (a deadline, a pause in its upload, to leave) must not cost others an endpoint, and neither must what
// the gateway lacks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/base/error.h"

namespace penstock {

/// What an attempt was doing when it ended.
enum class AttemptPhase : std::uint8_t {
  connecting,
  sending,    ///< the request; of the answer nothing has been passed on
  waiting,    ///< for the answer's head: the request is complete
  answering,  ///< the answer's head has been passed on
  tunnel,     ///< a 101 was the answer, and that is all there is to judge
};
inline constexpr std::size_t kAttemptPhases = 5;

enum class Blame : std::uint8_t {
  nobody,
  client,
  gateway,   ///< its limits, its wants, its configuration
  endpoint,  ///< a failure
};

struct Ending {
  ErrorKind kind = ErrorKind::none;
  AttemptPhase phase = AttemptPhase::connecting;
  bool clients_bound = false;  ///< with total_timeout: it was the client that set that time
  bool gateways_want = false;  ///< with connect_failed: the gateway had no descriptor, port or memory for it
};

/// Pure. Any thread.
Blame blame_for(const Ending& ending);

}  // namespace penstock
