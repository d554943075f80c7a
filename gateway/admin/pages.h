// The admin listener's pages: what there is to see, as text and JSON. Pure: a path goes in, a page comes out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::admin {

/// One endpoint, summed over the workers.
struct EndpointView {
  std::string address;  ///< "10.0.0.1:80"
  std::uint32_t weight = 1;
  std::string zone;
  std::uint32_t priority = 0;
  std::string state;              ///< "healthy", "unhealthy", "ejected"
  std::string reason;             ///< of the state; may be empty
  std::string since;              ///< of the state, RFC 3339; empty: from the first
  std::string circuit_breaker{};  ///< "closed", "half_open", "open"; empty: it has none
  bool usable = true;             ///< a request may be sent there now; in panic, whatever its state
  double share = 0;               ///< of the upstream's picks in the last seconds, 0 … 1
  std::uint64_t in_flight = 0;
  std::uint64_t connections_idle = 0;
  std::uint64_t connections_active = 0;
  std::uint64_t requests_total = 0;
  std::uint64_t failures_total = 0;
  double latency_ms = 0;      ///< peak EWMA of the time to the first byte; the highest of the workers'
  double latency_p50_ms = 0;  ///< since the endpoint is known
  double latency_p99_ms = 0;
};

struct UpstreamView {
  std::string name;
  std::string balancer;  ///< the policy, as written in the configuration
  std::vector<EndpointView> endpoints;
  std::uint64_t version = 0;      ///< of the snapshot that the endpoints are from
  bool panic = false;             ///< so few are healthy that all are used
  std::string circuit_breaker{};  ///< whether it can be asked, as for endpoints; empty: there is none
};

struct RouteView {
  std::string id;
  std::string match;      ///< "api.example.com /orders/* GET,POST"
  std::string target;     ///< "upstream orders, else respond 200", "redirect 302 https://…"
  bool degraded = false;  ///< switched to what stands behind "else" by an engineer
};

/// One limit, for the whole process.
struct LimitView {
  std::string where;  ///< "route orders", "upstream users"
  std::string name;
  std::string kind;  ///< as written in the configuration
  bool enforced = true;
  std::uint64_t passed_total = 0;
  std::uint64_t waited_total = 0;   ///< of those that passed
  std::uint64_t refused_total = 0;  ///< or would have been, if it is not enforced
  std::uint64_t in_flight = 0;      ///< concurrency, adaptive
  std::uint64_t limit = 0;          ///< concurrency, adaptive: how many may be under way now
  std::uint64_t waiting = 0;        ///< concurrency: requests that wait for a place
  double p99_ms = 0;                ///< adaptive: measured
  double baseline_ms = 0;           ///< adaptive: the latency without a queue, as believed
  std::uint64_t busy_keys = 0;      ///< keyed limits: keys that are remembered
};

/// One registry's client.
struct RegistryView {
  std::string name;
  std::string kind;  ///< "zookeeper", as in the configuration
  bool connected = false;
  double since_s = 0;  ///< how long it has been so
  std::string server;  ///< in use, or used last
  std::uint64_t requests_total = 0;
  std::uint64_t errors_total = 0;
  std::string last_error;
  double last_error_age_s = 0;  ///< if there was one
};

/// One upstream whose endpoints a registry tells.
struct DiscoveryView {
  std::string upstream;
  std::string registry;
  std::string service;
  std::string state;  ///< "unknown", "from_disk", "fresh", "stale"
  double age_s = 0;   ///< since the registry was heard of; 0 if it never was
  std::uint64_t version = 0;
  std::uint64_t endpoints = 0;
  std::uint64_t suspect_removals = 0;  ///< endpoints that the registry took away, and that are used on
  double suspect_since_s = 0;
  std::uint64_t suspects_total = 0;
  std::uint64_t errors_total = 0;
  std::string last_error;
};

/// What the pages show. Asked by the control thread, once per page, and only for what that page shows.
class AdminSource {
 public:
  virtual ~AdminSource() = default;

  virtual std::string metrics_text() const = 0;
  virtual std::vector<UpstreamView> upstreams() const = 0;
  virtual std::vector<RouteView> routes() const = 0;
  virtual std::vector<LimitView> limits() const = 0;
  virtual std::vector<RegistryView> registries() const = 0;
  virtual std::vector<DiscoveryView> discoveries() const = 0;
  /// This process: its number, state and upgrades, as JSON.
  virtual std::string process_text() const = 0;
  /// The configuration in force with its defaults, as YAML, without secrets.
  virtual std::string config_text() const = 0;
  /// Whether a load balancer should send new connections here.
  virtual bool ready() const = 0;
  /// "draining", for instance. Asked only if not ready.
  virtual std::string not_ready_reason() const = 0;
};

struct Page {
  int status = 200;
  std::string content_type;
  std::string body;
  std::string www_authenticate{};  ///< the field of a 401; empty: none
};

/// The page for a path (without its query). An unknown path gives a 404 page that lists what there is.
Page render(std::string_view path, const AdminSource& source);

}  // namespace penstock::admin
