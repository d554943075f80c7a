// Policies by name.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

enum class Policy : std::uint8_t {
  round_robin,
  smooth_weighted_round_robin,
  random,
  weighted_random,
  least_connections,
  peak_ewma,
  consistent_hash,
  maglev,
  source_hash,
};

struct Spec {
  Policy policy = Policy::smooth_weighted_round_robin;
  std::uint32_t virtual_nodes = 160;        ///< consistent_hash: points on the ring per unit of weight
  double bounded_load = 0;                  ///< consistent_hash: most load, as a multiple of the mean; 0 = no bound
  bool consistent = false;                  ///< source_hash: by the ring, not by a table over all
  std::uint64_t decay_ns = 10'000'000'000;  ///< peak_ewma: how long a latency is remembered
};

/// Whether Pick::key should be the hash of the request's key.
bool takes_key(Policy policy);

/// Tables included: may take milliseconds for thousands of members. At least one member.
std::unique_ptr<Balancer> make_balancer(const Spec& spec, const std::vector<Member>& members);

}  // namespace penstock::balancers
