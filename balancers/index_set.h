// A set of small numbers that knows the next one: a bitmap, over it a bitmap of its words that are not empty, and so
// on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

/// Every operation is O(log n) to the base of 64: two steps for 4,000, three for 260,000.
class IndexSet {
 public:
  /// Of numbers below `end`. Empty.
  explicit IndexSet(std::size_t end);

  void insert(std::uint32_t index);
  void erase(std::uint32_t index);
  bool empty() const { return levels_.back().front() == 0; }
  /// The least that is not below `from`; kNoMember if there is none.
  std::uint32_t next(std::uint32_t from) const;

 private:
  std::vector<std::vector<std::uint64_t>> levels_;  ///< the last one is a single word
};

}  // namespace penstock::balancers
