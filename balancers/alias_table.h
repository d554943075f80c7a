// Drawing by weight in O(1): each column holds one member's mass and is filled up with that of another (Walker 1977;
// made in O(n) as by Vose 1991).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace penstock::balancers {

class AliasTable {
 public:
  /// At least one weight, each ≥ 1.
  explicit AliasTable(std::span<const std::uint32_t> weights);

  /// i with the probability weights[i] / (sum of weights), to within 1e-9. `bits`: 64 uniform ones.
  std::uint32_t draw(std::uint64_t bits) const;
  /// What draw() makes of it.
  double probability(std::uint32_t index) const;

 private:
  struct Column {
    std::uint32_t own = 0;    ///< of 2^32: the part that is its own
    std::uint32_t other = 0;  ///< whose the rest is
  };
  std::vector<Column> columns_;
};

}  // namespace penstock::balancers
