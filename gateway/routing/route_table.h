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
  ///   1. host: exact before the longest "*." wildcard (which stands for one label or more) before none
  ///   2. path: by segment from the left, literal before {parameter} before the "*" of a prefix; so exact paths come
  ///      first, and of the prefixes of a path the longest. No path is the same as "/*".
  ///   3. more conditions (one for the methods, one for each header and query parameter) before fewer; the earlier in
  ///      the file on a tie
  /// A route that matches host and path but not its conditions gives way to the next less specific one, as far as to
  /// the wildcard hosts and the routes without a host. HEAD is served by routes that list GET.
  ///
  /// Uses head.authority (its port and a trailing dot are ignored, case folded), path, query, method and fields.
  /// Paths are compared decoded, but for "%2F", which is part of a segment and never a separator, and with runs of "/"
  /// merged: "//%61dmin" is "/admin". A prefix "/a/*" matches "/a/" and all below it, not "/a"; a {parameter} matches
  /// one segment that isn't empty. "*" (as in OPTIONS *) matches only routes without a path.
  ///
  /// Allocates nothing on a match, but for paths over 2 KiB that are encoded. Routes with the same host and path are
  /// tried one after the other.
  MatchResult match(const http::RequestHead& head) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::routing
