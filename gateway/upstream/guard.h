// What keeps an upstream from being buried, for the whole process: how often requests may be tried again, and whether
// there is any point in asking it. One for each upstream, shared by the control thread, which makes it, and the
// workers; it outlives snapshots.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "conf/config.h"
#include "limiters/circuit_breaker.h"
#include "limiters/retry_budget.h"

namespace penstock::upstream {

using BreakerPtr = std::shared_ptr<limiters::CircuitBreaker>;

/// Any thread.
class Guard {
 public:
  explicit Guard(const conf::Upstream& config);

  /// Upstreams without retries have one too, for connections that can't be made are tried elsewhere in any case.
  limiters::RetryBudget& budget() { return budget_; }

  /// The upstream's own; null: it has none.
  limiters::CircuitBreaker* breaker() { return breaker_.get(); }
  const limiters::CircuitBreaker* breaker() const { return breaker_.get(); }
  /// One for an endpoint; null if endpoints have none.
  BreakerPtr make_endpoint_breaker() const;

 private:
  const std::optional<conf::CircuitBreaker> settings_;
  limiters::RetryBudget budget_;
  const std::unique_ptr<limiters::CircuitBreaker> breaker_;
};

}  // namespace penstock::upstream
