// Answers that the gateway itself gives. The one place where an error becomes a status, a Proxy-Status field (RFC 9209)
// and a body (RFC 9457).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"

namespace penstock::http {

/// An answer in full, but for the fields that all answers have.
struct Reply {
  struct Field {
    std::string_view name;  ///< a literal
    std::string value;
  };

  int status = 500;
  std::string body;
  std::string_view content_type = {};  ///< literal, or of the configuration; empty: no such field
  std::string_view proxy_status = {};  ///< literal; empty where RFC 9209 has no say
  bool close = false;                  ///< the client's connection can't be used any more
  int retry_after_s = 0;               ///< 0: no such field
  std::vector<Field> fields = {};      ///< that go with it: Allow, Location, WWW-Authenticate …
};

/// `detail` says which limit, timeout or rule it was; shown to the client.
Reply make_reply(ErrorKind kind, std::string_view detail, std::string_view request_id);
/// The same in place of what `reply` was, in the memory of its body: refusing is to cost as little as it can.
void make_reply(ErrorKind kind, std::string_view detail, std::string_view request_id, Reply& reply);

/// What the access log and metrics say: 499 where the client was gone.
int status_of(ErrorKind kind);

}  // namespace penstock::http
