// The weights of members, as tables hold them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

using Weights = std::vector<std::uint32_t>;

inline Weights weights_of(const std::vector<Member>& members) {
  Weights weights;
  weights.reserve(members.size());
  for (const Member& member : members) weights.push_back(member.weight);
  return weights;
}

inline std::shared_ptr<const Weights> shared_weights_of(const std::vector<Member>& members) {
  return std::make_shared<const Weights>(weights_of(members));
}

}  // namespace penstock::balancers
