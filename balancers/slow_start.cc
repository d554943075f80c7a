#include "balancers/slow_start.h"

#include <algorithm>
#include <cmath>

namespace penstock::balancers {

std::uint16_t share_after(std::uint64_t since_ns, const SlowStart& slow_start) {
  if (since_ns >= slow_start.window_ns) return kWholeShare;
  const double part = static_cast<double>(since_ns) / static_cast<double>(slow_start.window_ns);
  const double share = std::max(slow_start.min_share, std::pow(part, 1 / slow_start.aggression));
  return static_cast<std::uint16_t>(std::clamp(std::lround(share * kWholeShare), 1L, long{kWholeShare}));
}

}  // namespace penstock::balancers
