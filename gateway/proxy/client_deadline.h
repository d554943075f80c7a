// How long a client says that it will wait for the answer.
#pragma once

#include "gateway/base/deadline_wheel.h"
#include "gateway/http/message.h"

namespace penstock::proxy {

/// What X-Request-Timeout-Ms and grpc-timeout say. Whoever sends them is believed: they can only shorten a wait.
struct ClientDeadline {
  static constexpr Nanos kNone = ~Nanos{0};

  Nanos within = kNone;  ///< the shorter of both; 0: it is too late already
  bool told = false;     ///< X-Request-Timeout-Ms was among them
};

/// Fields that are malformed, or named by Connection, say nothing. Of several of one kind the first counts.
ClientDeadline client_deadline(const http::RequestHead& head);

}  // namespace penstock::proxy
