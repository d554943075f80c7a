#include "balancers/make_balancer.h"

#include "balancers/consistent_hash.h"
#include "balancers/least_connections.h"
#include "balancers/maglev.h"
#include "balancers/peak_ewma.h"
#include "balancers/random_policy.h"
#include "balancers/round_robin.h"
#include "balancers/smooth_weighted.h"
#include "balancers/source_hash.h"

namespace penstock::balancers {
namespace {

/// Points on the ring per unit of weight for source_hash: as nginx and libketama have it.
constexpr std::uint32_t kKetamaPoints = 160;

}  // namespace

bool takes_key(Policy policy) {
  return policy == Policy::consistent_hash || policy == Policy::maglev || policy == Policy::source_hash;
}

std::unique_ptr<Balancer> make_balancer(const Spec& spec, const std::vector<Member>& members) {
  switch (spec.policy) {
    case Policy::round_robin:
      return std::make_unique<RoundRobin>(members);
    case Policy::smooth_weighted_round_robin:
      return std::make_unique<SmoothWeighted>(members);
    case Policy::random:
      return std::make_unique<Random>(members);
    case Policy::weighted_random:
      return std::make_unique<WeightedRandom>(members);
    case Policy::least_connections:
      return std::make_unique<LeastConnections>(members);
    case Policy::peak_ewma:
      return std::make_unique<PeakEwma>(members, spec.decay_ns);
    case Policy::consistent_hash:
      return std::make_unique<ConsistentHash>(members, spec.virtual_nodes, spec.bounded_load);
    case Policy::maglev:
      return std::make_unique<Maglev>(members);
    case Policy::source_hash:
      if (spec.consistent) return std::make_unique<ConsistentHash>(members, kKetamaPoints, 0);
      return std::make_unique<SourceHash>(members);
  }
  return nullptr;
}

}  // namespace penstock::balancers
