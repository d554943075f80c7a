// Worker counters → the Prometheus text format, by prometheus-cpp's serializer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/observe/route_book.h"
#include "gateway/observe/stats.h"

namespace penstock::observe {

/// The health of one upstream's endpoints.
struct UpstreamHealth {
  struct Peer {
    std::string_view address;
    bool usable;
    std::optional<int> breaker{};  ///< its circuit breaker: 0 closed, 1 half-open, 2 open
  };
  using Counts = std::vector<std::pair<std::string_view, std::uint64_t>>;  ///< label → count
  Counts endpoints;                                                        ///< by state, now
  Counts ejections;                                                        ///< by reason, since the start
  std::uint64_t checks_passed = 0;
  std::uint64_t checks_failed = 0;
  bool panic = false;
  std::optional<int> breaker{};  ///< the same of the whole upstream
  std::vector<Peer> peers;
};

/// One limit.
struct LimitMetrics {
  std::string_view where;  ///< "route orders", "upstream users"
  std::string_view name;
  std::uint64_t passed = 0;
  std::uint64_t waited = 0;
  std::uint64_t refused = 0;
  bool enforced = true;
  bool has_places = false;  ///< then these are known:
  std::uint64_t in_flight = 0;
  std::uint64_t limit = 0;
  std::uint64_t waiting = 0;
  double p99_s = 0;  ///< of adaptive limits; 0: not known
};

/// One registry's client.
struct RegistryMetrics {
  std::string name;
  bool connected = false;
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
};

/// One upstream whose endpoints a registry tells.
struct DiscoveryMetrics {
  std::string upstream;
  bool fresh = false;
  double age_s = 0;
  std::uint64_t endpoints = 0;
  std::uint64_t suspect_removals = 0;
  std::uint64_t suspects = 0;
  std::uint64_t errors = 0;
};

/// One `tls` at work.
struct TlsMetrics {
  struct Certificate {
    std::string_view name;  ///< its first host name
    std::string_view path;
    double not_after_unix_s = 0;
  };
  std::string listener;             ///< its address as written; "admin" for the admin listener
  const TlsStats* stats = nullptr;  ///< null: not counted
  std::vector<Certificate> certificates;
  std::uint64_t reloads_succeeded = 0;  ///< of certificates that changed on disk
  std::uint64_t reloads_failed = 0;
};

/// Configurations after the first one.
struct ReloadMetrics {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  bool last_successful = true;
  double loaded_unix_s = 0;  ///< when the one in force was taken over
};

/// Of the gateway, whichever its process.
struct UpgradeMetrics {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
};

/// What a scrape needs beside the counters. Views are valid during the call.
struct MetricsInput {
  std::vector<const WorkerStats*> workers;
  const DurationHistogram* control_loop_lag = nullptr;
  std::vector<const RouteBook*> route_books;  ///< by worker; of the configuration that the names below are of
  std::vector<std::string_view> route_ids;    ///< by route index
  std::vector<std::vector<const UpstreamStats*>> upstream_stats;  ///< by upstream index, then by worker
  std::vector<std::string_view> upstream_names;                   ///< by upstream index
  std::vector<UpstreamHealth> upstream_health;                    ///< by upstream index
  std::vector<LimitMetrics> limits;
  std::vector<RegistryMetrics> registries;
  std::vector<DiscoveryMetrics> discoveries;
  std::vector<TlsMetrics> tls;
  std::string_view version;  ///< penstock_build_info
  std::string_view revision;
  double start_time_unix_s = 0;  ///< process_start_time_seconds
  ReloadMetrics reloads;
  std::uint64_t access_log_lost = 0;  ///< AccessLog::lost()
  std::uint64_t admin_refused = 0;
  bool draining = false;
  bool upgrade_under_way = false;
  UpgradeMetrics upgrades;
};

/// The body of /metrics. Control thread; may take milliseconds with thousands of routes.
std::string render_metrics(const MetricsInput& input);

}  // namespace penstock::observe
