// Each endpoint in turn. O(1) while endpoints are usable; walks past those that are not.
#pragma once

#include "balancers/balancer.h"

namespace penstock::balancers {

class RoundRobin final : public Balancer {
 public:
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) const override;
};

}  // namespace penstock::balancers
