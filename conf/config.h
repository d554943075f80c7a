// The configuration as the program sees it: checked, complete, with every default filled in.
//
// A Config is made once by conf::load() and never changes afterwards; it may be shared between threads.
// Names follow the YAML file (docs/config.md). Durations are milliseconds, sizes are bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conf/fields.h"
#include "conf/limits.h"
#include "conf/registries.h"
#include "conf/tls.h"

namespace penstock::conf {

using std::chrono::milliseconds;

inline constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// Where to listen or connect: "host:port", "[v6]:port" or "unix:/path". Already split, never resolved here.
struct Address {
  std::string host;        ///< IP literal without brackets, or a host name; empty for a Unix socket
  std::uint16_t port = 0;  ///< 0 on a listener means "any free port"
  std::string unix_path;   ///< set for a Unix socket only

  /// The form users write: "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock".
  std::string text() const;
  bool is_unix() const { return !unix_path.empty(); }
  friend bool operator==(const Address&, const Address&) = default;
};

/// listeners[].timeouts: how long the client's side may take.
struct ListenerTimeouts {
  milliseconds header{10'000};  ///< first byte of a request to the end of its head; 408
  milliseconds body{30'000};    ///< between two reads of a body, or two writes of a response; 408
  milliseconds idle{75'000};    ///< between two requests on a connection; closed silently
  friend bool operator==(const ListenerTimeouts&, const ListenerTimeouts&) = default;
};

/// listeners[].max: the largest request that is accepted.
struct ListenerLimits {
  std::uint64_t request_line = 8 << 10;                 ///< 414
  std::uint64_t header_bytes = 32 << 10;                ///< whole head, trailers likewise; 431
  std::uint64_t header_fields = 100;                    ///< 431
  std::uint64_t body = 10 << 20;                        ///< 413; kUnlimited for none
  std::uint64_t requests_per_connection = 10'000;       ///< then "Connection: close"
  std::optional<std::uint32_t> connections;             ///< at once; more are closed at once; none: no bound
  std::optional<std::uint32_t> connections_per_client;  ///< at once, of one address (IPv6: of one /64)
  friend bool operator==(const ListenerLimits&, const ListenerLimits&) = default;
};

struct Listener {
  Address bind;
  ListenerTimeouts timeouts;
  ListenerLimits max;
  std::optional<ListenerTls> tls;
  std::optional<ProxyProtocol> proxy_protocol;
  friend bool operator==(const Listener&, const Listener&) = default;
};

/// upstreams.NAME.timeouts, and what a route may override.
struct UpstreamTimeouts {
  milliseconds connect{2'000};
  milliseconds first_byte{15'000};  ///< request sent to the first byte of the answer; 504
  milliseconds idle{60'000};        ///< between two reads or writes of a body, and in a tunnel
  /// From the request's head to the last byte of the answer. Left out: 30 s to the answer's head, and no bound on a
  /// body that keeps moving.
  std::optional<milliseconds> total;
  friend bool operator==(const UpstreamTimeouts&, const UpstreamTimeouts&) = default;
};

inline constexpr milliseconds kDefaultTotal{30'000};

struct Endpoint {
  Address address;
  std::uint32_t weight = 1;  ///< 1 … 65535
  std::string zone;
  std::uint32_t priority = 0;  ///< 0 … 127: those of a higher number take over as the lower ones fail
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// upstreams.NAME.pool: kept-alive connections, counted per endpoint and worker.
struct Pool {
  std::uint64_t max_idle = 512;          ///< idle connections kept
  std::uint64_t max_connections = 4096;  ///< in all; beyond it 503
  milliseconds idle{55'000};             ///< an idle connection is closed after this
  std::uint64_t requests_per_connection = 10'000;
  friend bool operator==(const Pool&, const Pool&) = default;
};

enum class BalancerPolicy {
  round_robin,
  smooth_weighted_round_robin,
  random,
  weighted_random,
  least_connections,
  peak_ewma,
  consistent_hash,
  maglev,
  source_hash,
};

/// upstreams.NAME.balancer. What a policy does not use must not be written for it.
struct Balancer {
  BalancerPolicy policy = BalancerPolicy::smooth_weighted_round_robin;
  RequestKey key{};                      ///< consistent_hash, maglev
  std::uint32_t virtual_nodes = 160;     ///< consistent_hash: per unit of weight, 1 … 10000
  std::optional<double> bounded_load{};  ///< consistent_hash: 1.01 … 10 times the mean
  bool consistent = false;               ///< source_hash
  milliseconds decay{10'000};            ///< peak_ewma
  friend bool operator==(const Balancer&, const Balancer&) = default;
};

enum class SameSite { strict, lax, none };

/// upstreams.NAME.sticky: a client stays at the endpoint that it was first sent to.
struct Sticky {
  std::string cookie{};  ///< its name, an RFC 6265 token
  /// Signs the cookie. Empty: made anew at each start, so that clients are placed anew after it. Secret.
  std::string secret{};
  std::string path = "/";
  std::optional<milliseconds> max_age{};  ///< left out: as long as the browser runs
  bool secure = false;                    ///< sent back over TLS only
  SameSite same_site = SameSite::lax;
  friend bool operator==(const Sticky&, const Sticky&) = default;
};

/// upstreams.NAME.slow_start: new and recovered endpoints get their share bit by bit.
struct SlowStart {
  milliseconds window{2'000};
  double min_share = 0.1;   ///< 0.01 … 1
  double aggression = 1.0;  ///< 0.1 … 10
  friend bool operator==(const SlowStart&, const SlowStart&) = default;
};

/// upstreams.NAME.subset: this gateway uses only so many of the endpoints.
struct Subset {
  std::uint32_t size = 0;     ///< 1 …
  std::uint32_t gateway = 0;  ///< this gateway's number among all: 0, 1, 2, …
  friend bool operator==(const Subset&, const Subset&) = default;
};

struct StatusRange {
  int first = 200;
  int last = 399;
  friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

/// upstreams.NAME.health_check: by HTTP if there is a path, else by connecting.
struct HealthCheck {
  std::string path;                                ///< "/healthz"; empty = TCP
  std::string host;                                ///< the Host field; empty = the endpoint's address
  std::optional<std::uint16_t> port;               ///< another than the endpoint's
  std::vector<StatusRange> status{StatusRange{}};  ///< what a healthy endpoint answers
  milliseconds interval{5'000};
  milliseconds timeout{2'000};
  std::uint32_t unhealthy_after = 3;  ///< failed checks in a row
  std::uint32_t healthy_after = 2;    ///< passed checks in a row
  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

/// upstreams.NAME.outlier: endpoints that fail requests are ejected for a while. A failure is a connection that can't
/// be made or breaks, an answer that is late or not HTTP, and the codes 500, 502, 503 and 504; a 503 with Retry-After
/// is not.
struct Outlier {
  std::uint32_t consecutive_failures = 5;  ///< 0 = off
  double failure_ratio = 0.5;              ///< more than this of the window's requests failed; 0 = off
  std::uint32_t min_requests = 20;         ///< in the window, for the ratio; 5 times as many for the two below
  milliseconds window{10'000};
  std::optional<double> success_rate_stdev;  ///< ejected below mean - this × standard deviation (of at least 5); 1.9
  std::optional<double> latency_ratio;       ///< ejected if P99 is this many times the median of the pool's P99s
  milliseconds eject_for{10'000};            ///< times the ejections in a row
  milliseconds max_eject_for{300'000};
  double max_ejected = 0.5;  ///< of the endpoints; always at least one may be, and never the last
  bool enforce = true;       ///< false: count and tell, but eject nobody
  friend bool operator==(const Outlier&, const Outlier&) = default;
};

/// Why a try may be repeated: one of these, or the status code that it ended with (a time-out is a 504).
enum class RetryCause : std::uint16_t { connect_failure = 1, reset = 2 };

constexpr RetryCause status_cause(int status) {
  return static_cast<RetryCause>(status);
}

inline constexpr std::uint32_t kMostAttempts = 10;

/// How long a try may take until another one is begun beside it. Without a value: the P95 of what the upstream's
/// answers take, from the request sent to the answer's head.
using HedgeAfter = std::optional<milliseconds>;

/// upstreams.NAME.retry, with a route's overrides folded in. Requests that may not be sent twice (neither idempotent
/// nor with an Idempotency-Key) are repeated only if nothing of them was sent.
struct Retry {
  std::uint32_t attempts = 3;  ///< 1 … kMostAttempts: tries in all, the first included
  std::vector<RetryCause> on = {RetryCause::connect_failure, RetryCause::reset, status_cause(502), status_cause(503),
                                status_cause(504)};
  double budget = 0.2;                ///< of the upstream alone: retries per request, in any second
  std::uint32_t min_per_second = 10;  ///< of the upstream alone: retries besides
  milliseconds backoff{25};           ///< a wait is even in [0, backoff × 2^n]
  milliseconds max_backoff{250};
  std::uint64_t max_body = 64 << 10;              ///< the longest body that is kept for another try
  std::optional<milliseconds> per_try_timeout{};  ///< request sent to the answer's head
  std::optional<HedgeAfter> hedge_after{};        ///< only requests that may be sent twice; none: never
  friend bool operator==(const Retry&, const Retry&) = default;
};

enum class BreakerPer { upstream, endpoint, both };

/// upstreams.NAME.circuit_breaker. A failure is what it is for Outlier.
struct CircuitBreaker {
  milliseconds window{10'000};
  std::uint32_t min_requests = 20;  ///< in the window; fewer prove nothing
  double failure_ratio = 0.5;       ///< opens at this part of failures; 0 = never
  milliseconds slow_call{2'000};    ///< from this long to the answer's head a request is slow
  double slow_ratio = 0.8;          ///< opens at this part of slow ones; 0 = never
  milliseconds open_for{10'000};
  std::uint32_t half_open_requests = 10;
  milliseconds ramp{5'000};  ///< from a tenth to all of the load, once it closes; 0 = at once
  BreakerPer per = BreakerPer::endpoint;
  bool enforce = true;  ///< false: count, but refuse nothing
  friend bool operator==(const CircuitBreaker&, const CircuitBreaker&) = default;
};

struct Upstream {
  std::string name;
  std::vector<Endpoint> endpoints;   ///< at least one, unless `discover` is set
  std::optional<Discover> discover;  ///< instead of endpoints
  Balancer balancer;
  std::optional<Sticky> sticky;
  std::optional<SlowStart> slow_start = SlowStart{};
  std::optional<Subset> subset;
  double panic_threshold = 0;  ///< 0 … 1: with less than this usable, all are used; 0 = never
  std::optional<HealthCheck> health_check;
  std::optional<Outlier> outlier = Outlier{};
  std::vector<Limit> limits;
  std::optional<Retry> retry;
  std::optional<CircuitBreaker> circuit_breaker;
  UpstreamTimeouts timeouts;
  Pool pool;
  std::optional<UpstreamTls> tls;
  std::optional<ProxyProtocolVersion> proxy_protocol;
  UpstreamHost host;
  friend bool operator==(const Upstream&, const Upstream&) = default;
};

/// What a request must have. Empty means "any". The most specific route wins whatever the order (docs/config.md,
/// Routes).
struct Match {
  std::string host;                                          ///< lower case; exact "api.example.com" or "*.example.com"
  std::string path;                                          ///< "/exact", "/prefix/*", "/users/{id}/orders"; "" is any
  std::vector<std::string> methods;                          ///< upper case
  std::vector<std::pair<std::string, std::string>> headers;  ///< name (lower case) → exact value; "*" = present
  std::vector<std::pair<std::string, std::string>> query;    ///< name → exact value (decoded); "*" = present
  friend bool operator==(const Match&, const Match&) = default;
};

/// A fixed answer.
struct Respond {
  int status = 200;  ///< 200 … 599
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  friend bool operator==(const Respond&, const Respond&) = default;
};

/// Why a request can't be served as its route says.
enum class FallbackCause : std::uint8_t {
  rate_limit,    ///< a limit that is the client's own fault (429)
  overload,      ///< a limit that is not, or no connection to be had
  circuit_open,  ///< a circuit breaker refuses
  no_endpoint,   ///< none is usable
  failure,       ///< the last try failed without an answer
  count_
};
inline constexpr std::size_t kFallbackCauses = static_cast<std::size_t>(FallbackCause::count_);

/// routes[].fallback: what is done instead. Exactly one of respond and upstream is set.
struct Fallback {
  std::optional<Respond> respond;
  std::optional<std::uint32_t> upstream;  ///< index into Config::upstreams; its own limits, retries and timeouts hold
  /// All that is not the client's own fault, unless written.
  std::vector<FallbackCause> on = {FallbackCause::overload, FallbackCause::circuit_open, FallbackCause::no_endpoint,
                                   FallbackCause::failure};
  friend bool operator==(const Fallback&, const Fallback&) = default;
};

/// A redirect. `to` may hold {scheme} {host} {path} {query} {uri}; {uri} = path with its query.
struct Redirect {
  std::string to;
  int status = 302;  ///< 301, 302, 303, 307, 308
  friend bool operator==(const Redirect&, const Redirect&) = default;
};

/// Exactly one of upstream, respond and redirect is set.
struct Route {
  std::string id;  ///< as written, or made from the match; unique
  Match match;
  std::optional<std::uint32_t> upstream;  ///< index into Config::upstreams
  std::optional<Respond> respond;
  std::optional<Redirect> redirect;
  std::optional<std::uint64_t> max_body;  ///< overrides the listener's
  std::vector<Limit> limits;              ///< asked in this order, and the upstream's after them
  Priority priority = Priority::normal;
  std::uint16_t cost =
      1;  ///< of a request at token buckets, the upstream's too: 1 … 1000, and no more than any's burst
  std::optional<Fallback> fallback;
  std::optional<Rewrite> rewrite;
  Fields fields;
  UpstreamTimeouts timeouts;   ///< the upstream's, with the route's overrides folded in
  std::optional<Retry> retry;  ///< likewise; budget and min_per_second say nothing here
  friend bool operator==(const Route&, const Route&) = default;
};

enum class LogFormat { json, combined };

struct AccessLog {
  std::string path;  ///< "stdout", "stderr" or a file
  LogFormat format = LogFormat::json;
  friend bool operator==(const AccessLog&, const AccessLog&) = default;
};

struct Admin {
  Address bind{"127.0.0.1", 9901, {}};
  std::string token;               ///< "Authorization: Bearer …"; empty: none is asked for; secret
  std::optional<ListenerTls> tls;  ///< with client_ca: whoever shows a certificate of it needs no token
  friend bool operator==(const Admin&, const Admin&) = default;
};

/// log: the process log, on stderr.
enum class LogLevel { debug, info, warn, error };

struct ForwardedHeaders {
  bool x_forwarded = true;  ///< X-Forwarded-For, -Proto, -Host
  bool forwarded = false;   ///< RFC 7239 Forwarded
  friend bool operator==(const ForwardedHeaders&, const ForwardedHeaders&) = default;
};

struct Config {
  unsigned workers = 1;  ///< "auto" is already resolved to the number of usable cores
  std::vector<Listener> listeners;
  std::vector<std::string> trusted_proxies;  ///< IPv4/IPv6 CIDRs, each valid; a bare address is /32 or /128
  ForwardedHeaders forwarded_headers;
  std::optional<Admin> admin;
  std::optional<AccessLog> access_log;
  LogLevel log_level = LogLevel::info;
  std::optional<milliseconds> drain_grace{5'000};  ///< TERM: /readyz says 503 this long before anything else changes
  milliseconds drain_timeout{25'000};              ///< and then in-flight requests get this long
  /// Requests and tunnels that began under an earlier configuration are cut so long after it was replaced.
  milliseconds old_config_timeout{3'600'000};
  std::string user;  ///< "NAME" or "NAME:GROUP": who to be once all is opened, if started as root; empty: no change
  RateLimitHeaders rate_limit_headers;
  std::string priority_header;  ///< lower case; names a request's class if a trusted proxy sends it; empty: none does
  std::string zone;             ///< the zone that this gateway is in; endpoints there are preferred
  std::string state_dir;        ///< where what was learned is kept over restarts; empty: nowhere
  std::vector<Registry> registries;
  std::vector<Announce> announce;
  std::vector<Upstream> upstreams;
  std::vector<Route> routes;
};

}  // namespace penstock::conf
