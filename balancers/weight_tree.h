// Weights that change, and a draw by them: a Fenwick tree. Slower than an alias table, but never out of date.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace penstock::balancers {

/// set() and find() are O(log n).
class WeightTree {
 public:
  /// All weights 0.
  explicit WeightTree(std::size_t members);

  void set(std::uint32_t index, std::uint32_t weight);
  std::uint64_t total() const { return total_; }
  /// The member that `mass` falls on, if the members lie side by side, each as long as its weight. 0 ≤ mass < total().
  std::uint32_t find(std::uint64_t mass) const;

 private:
  std::vector<std::uint32_t> weights_;
  std::vector<std::uint64_t> sums_;  ///< [i]: of the members i - lowbit(i) … i - 1
  std::uint64_t total_ = 0;
};

}  // namespace penstock::balancers
