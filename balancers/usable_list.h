// The usable endpoints side by side, so that one can be drawn in O(1) however many are not usable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

/// In no particular order. Changes are O(1).
class UsableList {
 public:
  explicit UsableList(std::size_t members) : place_of_(members, kNoMember) { list_.reserve(members); }

  void reset(std::span<const Load> loads);
  void changed(std::span<const Load> loads, std::uint32_t index);

  std::uint32_t size() const { return static_cast<std::uint32_t>(list_.size()); }
  std::uint32_t operator[](std::uint32_t place) const { return list_[place]; }
  std::size_t members() const { return place_of_.size(); }

 private:
  void insert(std::uint32_t index);
  void erase(std::uint32_t index);

  std::vector<std::uint32_t> list_;
  std::vector<std::uint32_t> place_of_;  ///< of each member in list_; kNoMember = not there
};

}  // namespace penstock::balancers
