// Worker counters → the Prometheus text format, by prometheus-cpp's serializer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  double p99_s = 0;  ///< of adaptive limits; 0: not known
};

/// What a scrape needs beside the counters. Views are valid during the call.
struct MetricsInput {
  std::vector<const WorkerStats*> workers;       ///< all made for the configuration that the names below are of
  std::vector<std::string_view> route_ids;       ///< by route index
  std::vector<std::string_view> upstream_names;  ///< by upstream index
  std::vector<UpstreamHealth> upstream_health;   ///< by upstream index
  std::vector<LimitMetrics> limits;
  std::string_view version;  ///< penstock_build_info
  std::string_view revision;
  double start_time_unix_s = 0;     ///< process_start_time_seconds
  double config_loaded_unix_s = 0;  ///< penstock_config_last_reload_success_timestamp_seconds
  bool config_last_reload_successful = true;
  std::uint64_t access_log_lost = 0;  ///< AccessLog::lost()
  bool draining = false;
};

/// The body of /metrics. Control thread; may take milliseconds with thousands of routes.
std::string render_metrics(const MetricsInput& input);

}  // namespace penstock::observe
