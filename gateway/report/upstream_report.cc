#include "gateway/report/upstream_report.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "conf/balancer_policy.h"
#include "gateway/base/enum_names.h"
#include "gateway/base/timestamp.h"

namespace penstock {
namespace {

/// A breaker's state, by the number that the metric has for it.
enum class Severity { closed, half_open, open };
constexpr EnumNames<Severity, 3> kSeverities("closed", "half_open", "open");

Severity severity(limiters::BreakerState state) {
  switch (state) {
    case limiters::BreakerState::kClosed:
      return Severity::closed;
    case limiters::BreakerState::kHalfOpen:
      return Severity::half_open;
    case limiters::BreakerState::kOpen:
      break;
  }
  return Severity::open;
}

void add_counts(const health::EndpointRecord& record, admin::EndpointView& view) {
  constexpr double kNanosPerMilliF = 1e6;
  observe::LatencyCounts latencies;
  for (const health::EndpointStats& worker : record.workers()) {
    view.in_flight += static_cast<std::uint64_t>(worker.in_flight.value());
    view.connections_idle += static_cast<std::uint64_t>(worker.idle.value());
    view.connections_active += static_cast<std::uint64_t>(worker.active.value());
    view.requests_total += worker.requests.value();
    view.failures_total += worker.failures.value();
    view.latency_ms = std::max(view.latency_ms, static_cast<double>(worker.latency_us.value()) / 1000);
    latencies += worker.latency.read();
  }
  view.latency_p50_ms = static_cast<double>(latencies.quantile_ns(0.5)) / kNanosPerMilliF;
  view.latency_p99_ms = static_cast<double>(latencies.quantile_ns(0.99)) / kNanosPerMilliF;
}

std::optional<limiters::BreakerState> breaker_of(const upstream::PlannedEndpoint& planned) {
  return planned.breaker ? std::optional(planned.breaker->state()) : std::nullopt;
}

/// Whether the upstream can be asked. Without a breaker of its own it is open when those of all endpoints are.
std::optional<limiters::BreakerState> breaker_of(const upstream::Supervisor& supervisor) {
  const limiters::CircuitBreaker* own = supervisor.guard().breaker();
  std::optional<limiters::BreakerState> best;
  for (const upstream::PlannedEndpoint& planned : supervisor.plan().endpoints) {
    const auto state = breaker_of(planned);
    if (state && (!best || severity(*state) < severity(*best))) best = state;
  }
  if (own && (!best || severity(own->state()) > severity(*best))) return own->state();
  return best;
}

std::string_view name_of(std::optional<limiters::BreakerState> state) {
  return state ? kSeverities[severity(*state)] : "";
}

std::optional<int> number_of(std::optional<limiters::BreakerState> state) {
  return state ? std::optional(static_cast<int>(severity(*state))) : std::nullopt;
}

admin::EndpointView view_of(const upstream::PlannedEndpoint& planned, const health::Standing& standing) {
  admin::EndpointView view;
  view.address = planned.record->address();
  view.weight = planned.endpoint.weight;
  view.zone = planned.endpoint.zone;
  view.priority = planned.endpoint.priority;
  view.state = health::name(standing.state);
  view.reason = standing.reason;
  if (standing.since_unix_ms != 0) append_rfc3339(view.since, standing.since_unix_ms);
  view.circuit_breaker = name_of(breaker_of(planned));
  add_counts(*planned.record, view);
  return view;
}

}  // namespace

admin::UpstreamView view_of(const upstream::Supervisor& supervisor) {
  admin::UpstreamView view;
  view.name = supervisor.config().name;
  view.balancer = conf::name_of(supervisor.config().balancer.policy);
  view.version = supervisor.plan().version;
  view.panic = supervisor.fitness().panic;
  view.circuit_breaker = name_of(breaker_of(supervisor));
  const std::vector<std::uint64_t> picks = supervisor.recent_picks();
  const auto all = static_cast<double>(std::accumulate(picks.begin(), picks.end(), std::uint64_t{0}));
  for (std::size_t i = 0; i < picks.size(); ++i) {
    admin::EndpointView& endpoint =
        view.endpoints.emplace_back(view_of(supervisor.plan().endpoints[i], supervisor.standing(i)));
    endpoint.usable = supervisor.fitness().usable[i] != 0;
    endpoint.share = all > 0 ? static_cast<double>(picks[i]) / all : 0;
  }
  return view;
}

observe::UpstreamHealth health_metrics_of(const upstream::Supervisor& supervisor) {
  observe::UpstreamHealth health;
  for (const health::State state : {health::State::healthy, health::State::unhealthy, health::State::ejected})
    health.endpoints.emplace_back(health::name(state), 0);
  const upstream::Plan& plan = supervisor.plan();
  for (std::size_t i = 0; i < plan.endpoints.size(); ++i) {
    ++health.endpoints[static_cast<std::size_t>(supervisor.standing(i).state)].second;
    health.peers.push_back({plan.endpoints[i].record->address(), supervisor.fitness().usable[i] != 0,
                            number_of(breaker_of(plan.endpoints[i]))});
  }
  for (std::size_t i = 0; i < health::kEjections; ++i) {
    const auto reason = static_cast<health::Ejection>(i);
    health.ejections.emplace_back(health::name(reason), supervisor.monitor().ejections(reason));
  }
  health.checks_passed = supervisor.monitor().checks_passed();
  health.checks_failed = supervisor.monitor().checks_failed();
  health.panic = supervisor.fitness().panic;
  health.breaker = number_of(breaker_of(supervisor));
  return health;
}

}  // namespace penstock
