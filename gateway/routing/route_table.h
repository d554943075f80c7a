// Which route a request takes: compiled from the configuration once, then asked for each request.
//
// Cost of a match is that of reading the host and the path once, whatever the number of routes. Immutable after
// construction; usable from any thread. The Config must outlive the table.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "gateway/http/message.h"

namespace penstock::routing {

inline constexpr std::uint32_t kNoRoute = 0xffffffff;

struct MatchResult {
  std::uint32_t route = kNoRoute;  ///< index into Config::routes
  /// Set if no route matched, but one would have with another method: 405 instead of 404. Comma-separated, for the
  /// Allow field ("GET, HEAD, POST"); made only in that case.
  std::string allow;
};

class RouteTable {
 public:
  explicit RouteTable(const conf::Config& config);
  ~RouteTable();
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  /// The most specific route for the request, whatever the order in the file:
  ///   1. host: exact before the longest "*." wildcard before none
  ///   2. path: exact, then by segment from the left: literal before {parameter}; longest prefix ("/a/b/*") last
  ///   3. more conditions (methods, headers, query) before fewer; the earlier in the file on a tie
  /// A route that matches host and path but not its conditions gives way to the next less specific one, as far as to
  /// the wildcard hosts and the routes without a host. Uses head.authority (its port is ignored, case folded), path,
  /// query, method and fields. HEAD is served by routes that list GET. Allocates nothing on a match.
  MatchResult match(const http::RequestHead& head) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::routing
