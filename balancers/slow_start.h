// The part of its share that an endpoint takes while it is new, or has just recovered.
#pragma once

#include <cstdint>

#include "balancers/balancer.h"

namespace penstock::balancers {

struct SlowStart {
  std::uint64_t window_ns = 0;  ///< 0 = none
  double min_share = 0.1;       ///< 0 < … ≤ 1: what it begins with
  double aggression = 1;        ///< > 0: 1 = evenly; more = faster at first (Envoy's)
};

/// max(min_share, (since / window)^(1 / aggression)) of kWholeShare, 1 … kWholeShare.
std::uint16_t share_after(std::uint64_t since_ns, const SlowStart& slow_start);

}  // namespace penstock::balancers
