// Retries as a share of the requests, so that an upstream that is down is not buried under them.
//
// After Finagle's RetryBudget and Envoy's retry_budget: what was allowed and not used is forgotten after a second, and
// a floor lets an upstream with little traffic retry at all. In any second, outage or not, the attempts stay below (1 +
// share) * requests + floor, whatever the retry policy of the routes.
#pragma once

#include <atomic>
#include <cstdint>

namespace penstock::limiters {

struct RetryBudgetSettings {
  double share = 0.2;              ///< retries per request
  std::uint32_t floor_per_s = 10;  ///< retries a second besides
};

/// Any thread; one for each upstream, for all workers. Times are ns of one steady clock. Counts up to 4 million a
/// second; above that the share is taken of 4 million.
class RetryBudget {
 public:
  explicit RetryBudget(RetryBudgetSettings settings) : settings_(settings) {}

  /// Once per request: not for its retries and hedges.
  void count_request(std::uint64_t now_ns);
  /// True if one retry or hedge may be made now; counts it. Nothing is given back: an attempt that was cancelled was
  /// made.
  bool try_retry(std::uint64_t now_ns);

 private:
  RetryBudgetSettings settings_;
  alignas(64) std::atomic<std::uint64_t> requests_{0};  // every request writes it; retries, seldom, the other
  alignas(64) std::atomic<std::uint64_t> retries_{0};
};

}  // namespace penstock::limiters
