// The better one of two drawn at random, by latency · (in_flight + 1) / weight (Finagle's and linkerd's p2c_peak_ewma).
//
// Two choices come close to the best of all, and do not send everybody to the same one (Mitzenmacher, "The power of two
// choices in randomized load balancing", 2001). Latency: balancers/latency.h.
#pragma once

#include "balancers/balancer.h"
#include "balancers/usable_list.h"
#include "balancers/weights.h"

namespace penstock::balancers {

/// O(1). Needs no news of in-flight counts or latencies: they are read from the loads.
class PeakEwma final : public Balancer {
 public:
  /// decay_ns: how long a latency is remembered, > 0; as given to observe_latency().
  PeakEwma(const std::vector<Member>& members, std::uint64_t decay_ns);

  std::unique_ptr<Balancer> clone() const override;
  void start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
             std::uint64_t random) override;
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override;
  void fitness_changed(std::span<const Load> loads, std::uint32_t index) override;

 private:
  using Place = std::uint32_t;  ///< in usable_
  PeakEwma(std::shared_ptr<const Weights> weights, std::uint64_t decay_ns);

  Place untried(const Pick& pick, Place place, Place except) const;
  bool cheaper(std::span<const Load> loads, std::uint32_t a, std::uint32_t b) const;

  std::shared_ptr<const Weights> weights_;
  std::uint64_t decay_ns_;
  UsableList usable_;
};

}  // namespace penstock::balancers
