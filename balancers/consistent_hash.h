// By the request's key, on a ring: as endpoints come and go, only their own keys move.
#pragma once

#include <memory>
#include <vector>

#include "balancers/balancer.h"
#include "balancers/hash_ring.h"
#include "balancers/load_bound.h"

namespace penstock::balancers {

/// The endpoint that nginx's `hash … consistent` would pick, as long as that one may be picked. If it is unusable,
/// tried, in slow start or at its bound: the next one clockwise; and if a whole stretch of the ring is of no use, on
/// from another place that follows from the key; in the end, from random ones. (Chen, Coleman, Shrivastava, arXiv
/// 1908.08762: such jumps keep the search short and spread the load better than walking on.)
class ConsistentHash final : public Balancer {
 public:
  /// At least one member. virtual_nodes: points per unit of weight, 160 in nginx. bounded_load: at most this many times
  /// an endpoint's fair part of the work is given to it (≥ 1; typically 1.25); 0 = no bound.
  ConsistentHash(const std::vector<Member>& members, std::uint32_t virtual_nodes, double bounded_load);

  std::unique_ptr<Balancer> clone() const override;
  void start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
             std::uint64_t random) override;
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override;
  void in_flight_changed(std::span<const Load> loads, std::uint32_t index) override;
  void fitness_changed(std::span<const Load> loads, std::uint32_t index) override;

 private:
  ConsistentHash(const ConsistentHash&) = default;
  std::optional<std::uint32_t> search(std::span<const Load> loads, const Pick& pick, double level) const;
  std::optional<std::uint32_t> least_filled(std::span<const Load> loads, const Pick& pick, double level) const;

  std::shared_ptr<const HashRing> ring_;
  LoadBound bound_;
};

}  // namespace penstock::balancers
