// Why an exchange did not go as asked. One list for the whole gateway: replies, logs and metrics are made from it.
#pragma once

#include <cstdint>
#include <string_view>

namespace penstock {

enum class ErrorKind : std::uint8_t {
  none,
  // The client's doing.
  bad_request,          ///< malformed, ambiguous or smuggling: 400
  uri_too_long,         ///< 414
  headers_too_large,    ///< 431
  body_too_large,       ///< 413
  method_unknown,       ///< 501
  coding_unknown,       ///< a transfer coding that we don't speak: 501
  version_unsupported,  ///< 505
  expectation_failed,   ///< 417
  header_timeout,       ///< 408
  body_timeout,         ///< 408
  client_gone,          ///< 499, logged only
  // Routing.
  no_route,            ///< 404
  method_not_allowed,  ///< 405
  // Limits.
  rate_limited,  ///< the client's requests are too many: 429
  overloaded,    ///< there are too many requests under way: 503
  // The upstream's doing.
  no_endpoint,            ///< none usable: 503
  pool_full,              ///< 503
  circuit_open,           ///< a circuit breaker refuses: 503
  connect_failed,         ///< refused, unreachable: 502
  connect_timeout,        ///< 504
  tls_certificate,        ///< the endpoint's is not valid, or not for its name: 502
  tls_protocol,           ///< no handshake with the endpoint, or a broken one: 502
  upstream_reset,         ///< closed or reset before an answer: 502
  upstream_protocol,      ///< an answer that is not HTTP, or not safe: 502
  upstream_truncated,     ///< an answer that ended early: the client's connection is cut
  first_byte_timeout,     ///< 504
  upstream_idle_timeout,  ///< between two reads or writes: 504, or cut
  total_timeout,          ///< 504, or cut
  // Ours.
  draining,         ///< 503
  config_replaced,  ///< it began under a configuration that has been replaced for too long: 503, or cut
  degraded,         ///< an engineer has switched the route to its fallback: only ever a reason for that
  internal,         ///< 500
  count_
};

inline constexpr std::size_t kErrorKinds = static_cast<std::size_t>(ErrorKind::count_);

/// Stable snake_case name, used as a metric label, a log field and in problem+json ("upstream_reset").
std::string_view name(ErrorKind kind);
/// Envoy-style response flag for the access log: NR, UH, UF, UC, UT, UO, DC, DPE …; "-" for none.
std::string_view flag(ErrorKind kind);

}  // namespace penstock
