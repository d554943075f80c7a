// The file as it is written, value by value: names are not yet looked up, and what one part takes over from another is
// still missing. resolve() makes a Config of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/shape.h"

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

struct DraftUpstream {
  std::string name;
  std::vector<Endpoint> endpoints;
  DraftBalancer balancer;
  std::optional<Sticky> sticky;
  std::optional<SlowStart> slow_start = SlowStart{};
  std::optional<Subset> subset;
  double panic_threshold = 0;
  std::optional<HealthCheck> health_check;
  std::optional<Outlier> outlier = Outlier{};
  UpstreamTimeouts timeouts;
  Pool pool;
};

/// What a route sets of its upstream's timeouts.
struct DraftTimeouts {
  std::optional<milliseconds> connect, first_byte, idle, total;
};

struct DraftRoute {
  std::optional<Placed<std::string>> id;
  Match match;
  std::optional<Placed<std::string>> upstream;
  std::optional<Respond> respond;
  std::optional<Redirect> redirect;
  std::optional<std::uint64_t> max_body;
  std::optional<DraftTimeouts> timeouts;
};

struct DraftLog {
  LogLevel level = LogLevel::info;
};

struct Draft {
  std::optional<unsigned> workers;  ///< nullopt = auto
  std::vector<Listener> listeners;
  std::vector<std::string> trusted_proxies;
  ForwardedHeaders forwarded_headers;
  Placed<std::optional<Admin>> admin{Admin{}, {}};
  std::optional<AccessLog> access_log;
  DraftLog log;
  milliseconds drain_timeout{25'000};
  std::string zone;
  std::vector<DraftUpstream> upstreams;
  std::vector<Placed<DraftRoute>> routes;
};

/// Looks up names, makes ids, folds overrides in, and checks what no part shows alone.
Config resolve(Draft draft, Problems& problems);

/// The inverse: resolve(to_draft(c)) equals c.
Draft to_draft(const Config& config);

}  // namespace penstock::conf
