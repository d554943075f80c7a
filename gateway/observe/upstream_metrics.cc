// The families of upstreams: requests to endpoints, connections to them, and their health.
#include <algorithm>
#include <utility>

#include "gateway/observe/metric_families.h"
#include "gateway/observe/metrics.h"

namespace penstock::observe {
namespace {

class Upstreams {
 public:
  Upstreams(const MetricsInput& input, Families& out) : in_(input), out_(out) {}

  void add() {
    requests();
    connections();
    health();
  }

 private:
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

  void requests() {
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

  void connections() {
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

  void health() {
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

  const MetricsInput& in_;
  Families& out_;
};

}  // namespace

void add_upstreams(const MetricsInput& input, Families& out) {
  Upstreams(input, out).add();
}

}  // namespace penstock::observe
