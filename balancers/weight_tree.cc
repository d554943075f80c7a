#include "balancers/weight_tree.h"

#include <bit>

namespace penstock::balancers {

WeightTree::WeightTree(std::size_t members) : weights_(members), sums_(members + 1) {}

void WeightTree::set(std::uint32_t index, std::uint32_t weight) {
  // Unsigned: less is added as a number that wraps round to it.
  const std::uint64_t change = std::uint64_t{weight} - weights_[index];
  weights_[index] = weight;
  total_ += change;
  for (std::size_t i = index + std::size_t{1}; i < sums_.size(); i += i & (0 - i)) sums_[i] += change;
}

std::uint32_t WeightTree::find(std::uint64_t mass) const {
  std::size_t before = 0;
  for (std::size_t step = std::bit_floor(weights_.size()); step != 0; step /= 2) {
    const std::size_t next = before + step;
    if (next < sums_.size() && sums_[next] <= mass) {
      before = next;
      mass -= sums_[next];
    }
  }
  return static_cast<std::uint32_t>(before);
}

}  // namespace penstock::balancers
