// The file as it is written, value by value: names are not yet looked up, and what one part takes over from another is
// still missing. resolve() makes a Config of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/describe/shape.h"

namespace penstock::conf {

/// Holds what is written, or to be written: only what the policy uses.
struct DraftBalancer {
  BalancerPolicy policy = Balancer{}.policy;
  std::optional<RequestKey> key;
  std::optional<std::uint32_t> virtual_nodes;
  std::optional<double> bounded_load;
  std::optional<bool> consistent;
  std::optional<milliseconds> decay;
};

/// Keys that are left out here depend on others: a burst on its rate, a name on the other limits in the list.
struct DraftTokenBucket {
  Rate rate;
  std::optional<std::uint32_t> burst;
};

struct DraftWindow {
  std::uint32_t limit = 0;
  milliseconds window{0};
};

struct DraftLeakyBucket {
  Rate rate;
  std::uint32_t queue = 0;
  milliseconds max_wait = Limit{}.max_wait;
};

struct DraftConcurrency {
  std::uint32_t limit = 0;
  std::uint32_t queue = 0;
  std::optional<milliseconds> max_wait;
  QueueOrder order = QueueOrder::fifo;
};

struct DraftAdaptive {
  std::optional<milliseconds> p99;
};

/// Exactly one of the kinds is set.
struct DraftLimit {
  std::optional<DraftTokenBucket> token_bucket;
  std::optional<DraftWindow> sliding_window, fixed_window;
  std::optional<DraftLeakyBucket> leaky_bucket;
  std::optional<DraftConcurrency> concurrency;
  std::optional<DraftAdaptive> adaptive;
  std::string name;  ///< empty: not written
  std::vector<RequestKey> key;
  std::optional<std::uint32_t> max_keys;
  bool enforce = true;
};

struct DraftUpstream {
  std::string name;
  std::vector<Endpoint> endpoints;
  std::optional<Placed<Discover>> discover;
  DraftBalancer balancer;
  std::optional<Sticky> sticky;
  std::optional<SlowStart> slow_start = SlowStart{};
  std::optional<Subset> subset;
  double panic_threshold = 0;
  std::optional<HealthCheck> health_check;
  std::optional<Outlier> outlier = Outlier{};
  std::vector<DraftLimit> limits;
  std::optional<Retry> retry;
  std::optional<CircuitBreaker> circuit_breaker;
  UpstreamTimeouts timeouts;
  Pool pool;
  std::optional<UpstreamTls> tls;
  std::optional<ProxyProtocolVersion> proxy_protocol;
  UpstreamHost host;
};

/// What a route sets of its upstream's timeouts.
struct DraftTimeouts {
  std::optional<milliseconds> connect, first_byte, idle, total;
};

/// What a route sets of its upstream's retries.
struct DraftRetry {
  std::optional<std::uint32_t> attempts;
  std::optional<std::vector<RetryCause>> on;
  std::optional<milliseconds> backoff, max_backoff;
  std::optional<std::uint64_t> max_body;
  std::optional<milliseconds> per_try_timeout;
  std::optional<std::optional<HedgeAfter>> hedge_after;  ///< without an inner value: off
};

struct DraftFallback {
  std::optional<Respond> respond;
  std::optional<Placed<std::string>> upstream;
  std::vector<FallbackCause> on = Fallback{}.on;
};

struct DraftRoute {
  std::optional<Placed<std::string>> id;
  Match match;
  std::optional<Placed<std::string>> upstream;
  std::optional<Respond> respond;
  std::optional<Redirect> redirect;
  std::optional<std::uint64_t> max_body;
  std::vector<DraftLimit> limits;
  Priority priority = Priority::normal;
  Placed<std::uint16_t> cost{1, {}};
  std::optional<DraftFallback> fallback;
  std::optional<Rewrite> rewrite;
  Fields fields;
  std::optional<DraftTimeouts> timeouts;
  std::optional<std::optional<DraftRetry>> retry;  ///< without an inner value: off
};

struct DraftLog {
  LogLevel level = LogLevel::info;
};

enum class RateLimitFields { draft, x_ratelimit };

struct Draft {
  std::optional<unsigned> workers;  ///< nullopt = auto
  std::vector<Listener> listeners;
  std::vector<std::string> trusted_proxies;
  ForwardedHeaders forwarded_headers;
  Placed<std::optional<Admin>> admin{Admin{}, {}};
  std::optional<AccessLog> access_log;
  DraftLog log;
  std::optional<milliseconds> drain_grace = Config{}.drain_grace;
  milliseconds drain_timeout = Config{}.drain_timeout;
  milliseconds old_config_timeout = Config{}.old_config_timeout;
  std::string user;
  std::optional<std::vector<RateLimitFields>> rate_limit_headers{{RateLimitFields::draft}};  ///< nullopt = off
  std::optional<std::string> priority_header;                                                ///< nullopt = off
  std::string zone;
  std::string state_dir;
  std::vector<Registry> registries;
  std::vector<Placed<Announce>> announce;
  std::vector<DraftUpstream> upstreams;
  std::vector<Placed<DraftRoute>> routes;
};

}  // namespace penstock::conf
