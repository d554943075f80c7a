#include "gateway/upstream/guard.h"

namespace penstock::upstream {
namespace {

constexpr double kNever = 2.0;  // above all ratios

std::uint64_t nanos(conf::milliseconds duration) {
  return static_cast<std::uint64_t>(duration.count()) * 1'000'000;
}

limiters::RetryBudgetSettings budget_of(const conf::Upstream& upstream) {
  const conf::Retry retry = upstream.retry.value_or(conf::Retry{});
  return {retry.budget, retry.min_per_second};
}

limiters::BreakerSettings settings_of(const conf::CircuitBreaker& breaker) {
  limiters::BreakerSettings settings;
  settings.failure_ratio = breaker.failure_ratio > 0 ? breaker.failure_ratio : kNever;
  settings.slow_ratio = breaker.slow_ratio > 0 ? breaker.slow_ratio : kNever;
  settings.slow_ns = nanos(breaker.slow_call);
  settings.window_ns = nanos(breaker.window);
  settings.min_requests = breaker.min_requests;
  settings.open_ns = nanos(breaker.open_for);
  settings.half_open_permits = static_cast<std::uint16_t>(breaker.half_open_requests);
  settings.ramp_ns = nanos(breaker.ramp);
  return settings;
}

std::unique_ptr<limiters::CircuitBreaker> breaker_for(conf::BreakerPer level,
                                                      const std::optional<conf::CircuitBreaker>& breaker) {
  if (!breaker || (breaker->per != level && breaker->per != conf::BreakerPer::both)) return nullptr;
  return std::make_unique<limiters::CircuitBreaker>(settings_of(*breaker));
}

}  // namespace

Guard::Guard(const conf::Upstream& config)
    : settings_(config.circuit_breaker),
      budget_(budget_of(config)),
      breaker_(breaker_for(conf::BreakerPer::upstream, settings_)) {}

BreakerPtr Guard::make_endpoint_breaker() const {
  return breaker_for(conf::BreakerPer::endpoint, settings_);
}

}  // namespace penstock::upstream
