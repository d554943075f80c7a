#include "balancers/by_key.h"

#include <numeric>

namespace penstock::balancers {

std::optional<std::uint32_t> highest_ranked(std::span<const Load> loads, const Pick& pick) {
  constexpr std::uint64_t kTakes = std::uint64_t{1} << 63;
  std::optional<std::uint32_t> best;
  std::uint64_t best_rank = 0;
  for (std::uint32_t index = 0; index < loads.size(); ++index) {
    if (!eligible(loads, pick, index)) continue;
    const std::uint64_t rank = (takes(loads[index], pick.key, index) ? kTakes : 0) | mix(~pick.key ^ mix(index)) >> 1;
    if (!best || rank > best_rank) best = index, best_rank = rank;
  }
  return best;
}

std::vector<std::uint32_t> in_order_of_name(const std::vector<Member>& members) {
  std::vector<std::uint32_t> order(members.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return members[a].name < members[b].name; });
  return order;
}

}  // namespace penstock::balancers
