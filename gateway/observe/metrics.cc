#include "gateway/observe/metrics.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/observe/metric_families.h"
#include "gateway/observe/process_stats.h"

namespace penstock::observe {
namespace {

void add_rows(std::vector<RequestCounts::Row>& sum, const RequestCounts& counts) {
  for (const RequestCounts::Row& row : counts.rows()) {
    auto same = [&](const auto& other) { return other.method == row.method && other.status == row.status; };
    auto found = std::find_if(sum.begin(), sum.end(), same);
    if (found == sum.end()) {
      sum.push_back(row);
    } else {
      found->count += row.count;
    }
  }
}

std::string code_label(int status) {
  return status == 0 ? "other" : std::to_string(status);
}

/// Sums over the workers and puts the families together.
class Page {
 public:
  explicit Page(const MetricsInput& input) : in_(input) {}

  std::string render() {
    routes();
    degraded();
    upstream_requests();
    upstream_connections();
    upstream_health();
    limits();
    registries();
    discoveries();
    tls();
    downstream();
    workers();
    gateway();
    process();
    return out_.text();
  }

 private:
  template <typename Get>
  double total(Get get) const {
    double sum = 0;
    for (const WorkerStats* worker : in_.workers) sum += static_cast<double>(get(*worker).value());
    return sum;
  }

  template <typename Get>
  double total(const std::vector<const UpstreamStats*>& workers, Get get) const {
    double sum = 0;
    for (const UpstreamStats* worker : workers) sum += static_cast<double>(get(*worker).value());
    return sum;
  }

  template <typename Visit>
  void each_upstream(Visit visit) const {
    for (std::size_t i = 0; i < in_.upstream_names.size(); ++i)
      visit(in_.upstream_stats[i], std::string(in_.upstream_names[i]));
  }

  /// A series per upstream, from the same member of each worker's UpstreamStats.
  template <typename Member>
  void per_upstream(Member member, const Labels& more = {}) {
    each_upstream([&](const auto& workers, const std::string& name) {
      Labels labels = {{"upstream", name}};
      labels.insert(labels.end(), more.begin(), more.end());
      out_.add(total(
                   workers, [&](const UpstreamStats& w) -> auto& { return w.*member; }),
               std::move(labels));
    });
  }

  void histogram_per_upstream(DurationHistogram UpstreamStats::*member) {
    each_upstream([&](const auto& workers, const std::string& name) {
      HistogramSum sum;
      for (const UpstreamStats* worker : workers) sum.add(worker->*member);
      out_.add(sum, {{"upstream", name}});
    });
  }

  /// The workers' counters of a route; index route_ids.size() is "no route". Empty if it has had no request.
  std::vector<const RouteStats*> used(std::size_t route) const {
    std::vector<const RouteStats*> found;
    for (const RouteBook* book : in_.route_books) {
      const RouteStats* stats = book->if_used(route);
      if (stats) found.push_back(stats);
    }
    return found;
  }

  template <typename Visit>
  void each_used_route(Visit visit) const {
    for (std::size_t i = 0; i <= in_.route_ids.size(); ++i) {
      const auto stats = used(i);
      if (!stats.empty()) visit(stats, i < in_.route_ids.size() ? std::string(in_.route_ids[i]) : "none");
    }
  }

  void routes() {
    out_.counter("penstock_http_requests_total", "Requests answered, by route, method and status code.");
    each_used_route([&](const auto& workers, const std::string& route) {
      std::vector<RequestCounts::Row> rows;
      for (const RouteStats* stats : workers) add_rows(rows, stats->requests);
      for (const auto& row : rows) {
        out_.add(static_cast<double>(row.count),
                 {{"route", route}, {"method", std::string(http::name(row.method))}, {"code", code_label(row.status)}});
      }
    });
    out_.histogram("penstock_http_request_duration_seconds",
                   "From the first byte of a request to the last byte of its answer, by route.");
    each_used_route([&](const auto& workers, const std::string& route) {
      HistogramSum sum;
      for (const RouteStats* stats : workers) sum.add(stats->duration);
      out_.add(sum, {{"route", route}});
    });
  }

  void degraded() {
    out_.counter("penstock_http_degraded_requests_total",
                 "Requests for which their route's fallback was taken, by route and reason.");
    each_used_route([&](const auto& workers, const std::string& route) {
      for (std::size_t i = 0; i < kDegradeReasons; ++i) {
        std::uint64_t sum = 0;
        for (const RouteStats* stats : workers) sum += stats->degraded[i].value();
        const std::string reason(name(static_cast<DegradeReason>(i)));
        if (sum > 0) out_.add(static_cast<double>(sum), {{"route", route}, {"reason", reason}});
      }
    });
  }

  void upstream_requests() {
    out_.counter("penstock_upstream_requests_total", "Answers from endpoints, by upstream and status code.");
    each_upstream([&](const auto& workers, const std::string& name) {
      std::vector<RequestCounts::Row> rows;
      for (const UpstreamStats* worker : workers) add_rows(rows, worker->responses);
      std::vector<std::pair<int, std::uint64_t>> codes;
      for (const auto& row : rows) {
        auto found =
            std::find_if(codes.begin(), codes.end(), [&](const auto& code) { return code.first == row.status; });
        if (found == codes.end()) found = codes.insert(found, {row.status, 0});
        found->second += row.count;
      }
      for (const auto& [status, count] : codes) {
        out_.add(static_cast<double>(count), {{"upstream", name}, {"code", code_label(status)}});
      }
    });
    out_.histogram("penstock_upstream_request_duration_seconds",
                   "From a request sent to an endpoint to the end of its answer, by upstream.");
    histogram_per_upstream(&UpstreamStats::duration);
    out_.counter("penstock_upstream_retries_total",
                 "Attempts made again, by upstream and reason; hedge: beside one that took long.");
    each_upstream([&](const auto& workers, const std::string& upstream) {
      for (std::size_t reason = 0; reason < kRetryReasons; ++reason) {
        out_.add(total(
                     workers, [&](const UpstreamStats& w) -> auto& { return w.retries[reason]; }),
                 {{"upstream", upstream}, {"reason", std::string(name(static_cast<RetryReason>(reason)))}});
      }
    });
    out_.counter("penstock_upstream_hedges_won_total",
                 "Hedges that answered before the first attempt, or whose first attempt failed.");
    per_upstream(&UpstreamStats::hedges_won);
    out_.counter("penstock_upstream_retry_budget_exhausted_total",
                 "Attempts not made again because the upstream's retry budget was used up.");
    per_upstream(&UpstreamStats::retry_budget_exhausted);
    out_.counter(
        "penstock_upstream_circuit_breaker_rejected_total",
        "Refusals by circuit breakers, the upstream's or an endpoint's; with enforce: false what would have been.");
    per_upstream(&UpstreamStats::breaker_rejected);
    out_.gauge("penstock_upstream_in_flight_requests", "Requests under way at endpoints, by upstream.");
    per_upstream(&UpstreamStats::in_flight);
  }

  void upstream_connections() {
    out_.histogram("penstock_upstream_connect_duration_seconds", "Time to connect to an endpoint, by upstream.");
    histogram_per_upstream(&UpstreamStats::connect);
    out_.counter("penstock_upstream_connects_total", "Connections tried to endpoints, by upstream.");
    per_upstream(&UpstreamStats::connects);
    out_.counter("penstock_upstream_connect_errors_total", "Connections to endpoints that failed, by upstream.");
    per_upstream(&UpstreamStats::connect_errors);
    out_.counter("penstock_upstream_tls_handshakes_total",
                 "TLS handshakes with endpoints that were done, by upstream and by whether a session was resumed.");
    per_upstream(&UpstreamStats::tls_handshakes, {{"session", "new"}});
    per_upstream(&UpstreamStats::tls_resumed, {{"session", "resumed"}});
    out_.gauge("penstock_upstream_connections", "Open connections to endpoints, by upstream and state.");
    per_upstream(&UpstreamStats::connections_idle, {{"state", "idle"}});
    per_upstream(&UpstreamStats::connections_active, {{"state", "active"}});
    out_.counter("penstock_upstream_sent_bytes_total", "Bytes sent to endpoints, by upstream.");
    per_upstream(&UpstreamStats::bytes_sent);
    out_.counter("penstock_upstream_received_bytes_total", "Bytes received from endpoints, by upstream.");
    per_upstream(&UpstreamStats::bytes_received);
  }

  template <typename Visit>
  void each_health(Visit visit) const {
    for (std::size_t i = 0; i < in_.upstream_health.size(); ++i)
      visit(in_.upstream_health[i], std::string(in_.upstream_names[i]));
  }

  void upstream_health() {
    out_.gauge("penstock_upstream_endpoints", "Endpoints, by upstream and state.");
    each_health([&](const UpstreamHealth& health, const std::string& name) {
      for (const auto& [state, count] : health.endpoints)
        out_.add(static_cast<double>(count), {{"upstream", name}, {"state", std::string(state)}});
    });
    out_.gauge("penstock_upstream_healthy", "1 if the endpoint may be picked, by upstream and endpoint.");
    each_health([&](const UpstreamHealth& health, const std::string& name) {
      for (const auto& peer : health.peers)
        out_.add(peer.usable, {{"upstream", name}, {"peer", std::string(peer.address)}});
    });
    out_.gauge("penstock_upstream_panic", "1 while so few endpoints are usable that all are used, by upstream.");
    each_health([&](const UpstreamHealth& health, const std::string& name) {
      out_.add(health.panic, {{"upstream", name}});
    });
    out_.gauge(
        "penstock_upstream_circuit_breaker_state",
        "0 closed, 1 half-open, 2 open: whether the upstream can be asked, by its own breaker and its endpoints'.");
    each_health([&](const UpstreamHealth& health, const std::string& name) {
      if (health.breaker) out_.add(*health.breaker, {{"upstream", name}});
    });
    out_.gauge("penstock_upstream_endpoint_circuit_breaker_state",
               "0 closed, 1 half-open, 2 open, by upstream and endpoint.");
    each_health([&](const UpstreamHealth& health, const std::string& name) {
      for (const auto& peer : health.peers)
        if (peer.breaker) out_.add(*peer.breaker, {{"upstream", name}, {"peer", std::string(peer.address)}});
    });
    out_.counter("penstock_upstream_ejections_total",
                 "Endpoints ejected for what requests met, by upstream and reason.");
    each_health([&](const UpstreamHealth& health, const std::string& name) {
      for (const auto& [reason, count] : health.ejections)
        out_.add(static_cast<double>(count), {{"upstream", name}, {"reason", std::string(reason)}});
    });
    out_.counter("penstock_upstream_health_checks_total", "Active checks of endpoints, by upstream and result.");
    each_health([&](const UpstreamHealth& health, const std::string& name) {
      out_.add(static_cast<double>(health.checks_passed), {{"upstream", name}, {"result", "passed"}});
      out_.add(static_cast<double>(health.checks_failed), {{"upstream", name}, {"result", "failed"}});
    });
  }

  void tls() {
    out_.counter("penstock_tls_handshakes_total", "Handshakes with clients, by listener and what they came to.");
    for (const TlsMetrics& each : in_.tls) {
      if (!each.stats) continue;
      for (std::size_t i = 0; i < kHandshakeResults; ++i) {
        const std::string result(name(static_cast<HandshakeResult>(i)));
        out_.add(static_cast<double>(each.stats->handshakes[i].load(std::memory_order_relaxed)),
                 {{"listener", each.listener}, {"result", result}});
      }
    }
    out_.gauge("penstock_tls_certificate_not_after_timestamp_seconds", "When a certificate in use expires.");
    for (const TlsMetrics& each : in_.tls) {
      for (const TlsMetrics::Certificate& one : each.certificates) {
        out_.add(one.not_after_unix_s,
                 {{"listener", each.listener}, {"name", std::string(one.name)}, {"path", std::string(one.path)}});
      }
    }
    out_.counter("penstock_tls_certificate_reloads_total", "Certificates that changed on disk, taken over or refused.");
    for (const TlsMetrics& each : in_.tls) {
      out_.add(static_cast<double>(each.reloads_succeeded), {{"listener", each.listener}, {"result", "success"}});
      out_.add(static_cast<double>(each.reloads_failed), {{"listener", each.listener}, {"result", "failure"}});
    }
  }

  void limits() {
    const auto labels = [](const LimitMetrics& limit) -> Labels {
      return {{"where", std::string(limit.where)}, {"limit", std::string(limit.name)}};
    };
    const auto decided = [&](const LimitMetrics& limit, std::uint64_t count, const char* decision) {
      Labels all = labels(limit);
      all.push_back({"decision", decision});
      out_.add(static_cast<double>(count), std::move(all));
    };
    out_.counter("penstock_limit_requests_total", "Requests at a limit, by place, limit and decision.");
    for (const LimitMetrics& limit : in_.limits) {
      decided(limit, limit.passed - limit.waited, "passed");
      decided(limit, limit.waited, "waited");
      decided(limit, limit.refused, limit.enforced ? "refused" : "would_refuse");
    }
    out_.gauge("penstock_limit_in_flight_requests", "Requests under way under a concurrency limit.");
    each_with_places([&](const LimitMetrics& limit) { out_.add(static_cast<double>(limit.in_flight), labels(limit)); });
    out_.gauge("penstock_limit_concurrency", "How many requests may be under way under a limit now.");
    each_with_places([&](const LimitMetrics& limit) { out_.add(static_cast<double>(limit.limit), labels(limit)); });
    out_.gauge("penstock_limit_waiting_requests", "Requests that wait for a place under a concurrency limit.");
    each_with_places([&](const LimitMetrics& limit) { out_.add(static_cast<double>(limit.waiting), labels(limit)); });
    out_.gauge("penstock_limit_p99_seconds", "The P99 that an adaptive limit measures.");
    each_with_places([&](const LimitMetrics& limit) {
      if (limit.p99_s > 0) out_.add(limit.p99_s, labels(limit));
    });
  }

  template <typename Visit>
  void each_with_places(Visit visit) const {
    for (const LimitMetrics& limit : in_.limits) {
      if (limit.has_places) visit(limit);
    }
  }

  /// A series for each item, from one of its members.
  template <typename Item, typename Get>
  void per(const std::vector<Item>& items, const char* label, std::string Item::*name, Get get) {
    for (const Item& item : items) out_.add(static_cast<double>(get(item)), {{label, item.*name}});
  }

  void registries() {
    const auto each = [&](auto get) { per(in_.registries, "registry", &RegistryMetrics::name, get); };
    out_.gauge("penstock_registry_up", "1 if the registry answered what it was asked last.");
    each([](const RegistryMetrics& r) { return r.connected; });
    out_.counter("penstock_registry_requests_total", "Questions to the registry.");
    each([](const RegistryMetrics& r) { return r.requests; });
    out_.counter("penstock_registry_errors_total", "Questions to the registry that it did not answer well.");
    each([](const RegistryMetrics& r) { return r.errors; });
  }

  void discoveries() {
    const auto each = [&](auto get) { per(in_.discoveries, "upstream", &DiscoveryMetrics::upstream, get); };
    out_.gauge("penstock_discovery_fresh", "1 if the upstream's endpoints are as its registry has them now.");
    each([](const DiscoveryMetrics& d) { return d.fresh; });
    out_.gauge("penstock_discovery_age_seconds", "Since the registry told the upstream's endpoints last.");
    each([](const DiscoveryMetrics& d) { return d.age_s; });
    out_.gauge("penstock_discovery_endpoints", "Endpoints in use, by upstream.");
    each([](const DiscoveryMetrics& d) { return d.endpoints; });
    out_.gauge("penstock_discovery_suspect_endpoints",
               "Endpoints that the registry has taken away, and that are used on until that is confirmed.");
    each([](const DiscoveryMetrics& d) { return d.suspect_removals; });
    out_.counter("penstock_discovery_suspects_total",
                 "Answers that took away too many endpoints to be believed at once.");
    each([](const DiscoveryMetrics& d) { return d.suspects; });
    out_.counter("penstock_discovery_errors_total", "Answers on an upstream's endpoints that were none.");
    each([](const DiscoveryMetrics& d) { return d.errors; });
  }

  void downstream() {
    auto sum = [&](auto member) { return total([&](const WorkerStats& w) -> auto& { return w.*member; }); };
    out_.counter("penstock_connections_accepted_total", "Client connections accepted.");
    out_.add(sum(&WorkerStats::connections_accepted));
    out_.counter(
        "penstock_connections_refused_total",
        "Client connections closed as soon as they were accepted, by the bound under max that they were beyond.");
    for (std::size_t bound = 0; bound < kConnectionBounds; ++bound) {
      out_.add(total([&](const WorkerStats& w) -> auto& { return w.connections_refused[bound]; }),
               {{"reason", std::string(name(static_cast<ConnectionBound>(bound)))}});
    }
    out_.counter("penstock_accept_errors_total", "Client connections that could not be accepted.");
    out_.add(sum(&WorkerStats::accept_errors));
    out_.counter("penstock_proxy_protocol_errors_total",
                 "Client connections closed because they had to begin with a PROXY header, and did not, by reason.");
    for (std::size_t i = 0; i < kProxyHeaderFailures; ++i) {
      out_.add(total([&](const WorkerStats& w) -> auto& { return w.proxy_header_failures[i]; }),
               {{"reason", std::string(name(static_cast<ProxyHeaderFailure>(i)))}});
    }
    out_.gauge("penstock_connections", "Open connections, by side and state.");
    out_.add(sum(&WorkerStats::connections_idle), {{"side", "downstream"}, {"state", "idle"}});
    out_.add(sum(&WorkerStats::connections_active), {{"side", "downstream"}, {"state", "active"}});
    out_.counter("penstock_received_bytes_total", "Bytes received from clients.");
    out_.add(sum(&WorkerStats::bytes_received));
    out_.counter("penstock_sent_bytes_total", "Bytes sent to clients.");
    out_.add(sum(&WorkerStats::bytes_sent));
    out_.counter("penstock_errors_total", "Exchanges that did not go as asked, by reason.");
    for (std::size_t kind = 1; kind < kErrorKinds; ++kind) {
      out_.add(total([&](const WorkerStats& w) -> auto& { return w.errors[kind]; }),
               {{"reason", std::string(name(static_cast<ErrorKind>(kind)))}});
    }
    out_.counter("penstock_access_log_dropped_total", "Access log lines lost: no room, or not written.");
    out_.add(sum(&WorkerStats::access_log_dropped) + static_cast<double>(in_.access_log_lost));
  }

  void workers() {
    out_.histogram("penstock_event_loop_lag_seconds", "How long one turn of a worker's event loop worked.");
    for (std::size_t i = 0; i < in_.workers.size(); ++i) {
      HistogramSum sum;
      sum.add(in_.workers[i]->loop_lag);
      out_.add(sum, {{"worker", std::to_string(i)}});
    }
    if (in_.control_loop_lag) {
      out_.histogram("penstock_control_loop_lag_seconds",
                     "How long one turn of the control thread's event loop worked: health checks, registries and the "
                     "admin listener wait as long.");
      HistogramSum sum;
      sum.add(*in_.control_loop_lag);
      out_.add(sum, {});
    }
    out_.gauge("penstock_workers", "Worker threads.").add(static_cast<double>(in_.workers.size()));
  }

  void gateway() {
    out_.gauge("penstock_draining", "1 once the gateway is to end: it serves on for drain_grace, and then drains.")
        .add(in_.draining);
    out_.gauge("penstock_upgrade_under_way", "1 while a new process is started that is to take over.")
        .add(in_.upgrade_under_way);
    out_.counter("penstock_upgrades_total", "New processes that were to take over, by result.")
        .add(static_cast<double>(in_.upgrades.succeeded), {{"result", "success"}})
        .add(static_cast<double>(in_.upgrades.failed), {{"result", "failure"}});
    out_.gauge("penstock_build_info", "1, with what was built as labels.")
        .add(1, {{"version", std::string(in_.version)}, {"revision", std::string(in_.revision)}});
    out_.counter("penstock_admin_refused_total", "Requests to the admin server without a right to it.")
        .add(static_cast<double>(in_.admin_refused));
    out_.gauge("penstock_config_last_reload_successful", "1 if the last configuration was taken over.")
        .add(in_.reloads.last_successful);
    out_.gauge("penstock_config_last_reload_success_timestamp_seconds",
               "When a configuration was last taken over, in Unix time.")
        .add(in_.reloads.loaded_unix_s);
    out_.counter("penstock_config_reloads_total",
                 "Configurations that were to be taken over after the start, by result.")
        .add(static_cast<double>(in_.reloads.succeeded), {{"result", "success"}})
        .add(static_cast<double>(in_.reloads.failed), {{"result", "failure"}});
  }

  void process() {
    const ProcessStats stats = read_process_stats();
    out_.counter("process_cpu_seconds_total", "User and system CPU time spent.").add(stats.cpu_seconds);
    out_.gauge("process_resident_memory_bytes", "Resident memory size.").add(static_cast<double>(stats.resident_bytes));
    out_.gauge("process_virtual_memory_bytes", "Virtual memory size.").add(static_cast<double>(stats.virtual_bytes));
    out_.gauge("process_open_fds", "Open file descriptors.").add(static_cast<double>(stats.open_fds));
    out_.gauge("process_max_fds", "Most file descriptors that may be open.").add(static_cast<double>(stats.max_fds));
    out_.gauge("process_start_time_seconds", "When the process started, in Unix time.").add(in_.start_time_unix_s);
  }

  const MetricsInput& in_;
  Families out_;
};

}  // namespace

std::string render_metrics(const MetricsInput& input) {
  return Page(input).render();
}

}  // namespace penstock::observe
