#include "gateway/observe/metrics.h"

#include <array>
#include <utility>

#include "gateway/observe/metric_families.h"
#include "gateway/observe/process_stats.h"

namespace penstock::observe {
namespace {

/// Sums over the workers and puts the families together; those of upstreams are in upstream_metrics.cc.
class Page {
 public:
  explicit Page(const MetricsInput& input) : in_(input) {}

  std::string render() {
    routes();
    degraded();
    add_upstreams(in_, out_);
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
      // A reason to answer in another way, and no error: counted where that is.
      if (static_cast<ErrorKind>(kind) == ErrorKind::degraded) continue;
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
