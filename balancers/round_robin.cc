#include "balancers/round_robin.h"

namespace penstock::balancers {

std::optional<std::uint32_t> RoundRobin::pick(std::span<const Load> loads, const Pick& pick) const {
  const auto n = static_cast<std::uint32_t>(loads.size());
  if (n == 0) return std::nullopt;
  auto index = static_cast<std::uint32_t>(pick.turn % n);
  for (std::uint32_t step = 0; step < n; ++step) {
    if (eligible(loads, pick, index)) return index;
    if (++index == n) index = 0;
  }
  return std::nullopt;
}

}  // namespace penstock::balancers
