// How much an endpoint may have to do before others take some of it: never more than c times its fair part of all.
//
// Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads (arXiv 1608.01350).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

/// With T requests in flight at the usable endpoints, whose weights add up to W, an endpoint of weight w may have
/// max(1, ceil(c (T + 1) w / W)). Counts are those of one worker. Belongs to one thread at a time; a copy begins
/// without counts.
class LoadBound {
 public:
  /// c ≥ 1, or 0: no bound.
  LoadBound(const std::vector<Member>& members, double c);

  bool is_set() const { return c_ > 0; }
  /// Counts all anew.
  void start(std::span<const Load> loads);
  /// loads[index] has changed. What was counted of it before is taken back first, so the sums can't drift.
  void changed(std::span<const Load> loads, std::uint32_t index);

  /// Loads per unit of weight at which an endpoint is full, as things stand.
  double level() const { return c_ * static_cast<double>(in_flight_ + 1) / static_cast<double>(weight_); }
  /// Whether one more would be too many: in_flight + 1 > max(1, ceil(level * weight)), which for whole numbers is this.
  bool full(const Load& load, std::uint32_t index, double level) const {
    return load.in_flight > 0 && load.in_flight >= level * (*weights_)[index];
  }
  /// Load per unit of weight.
  double filling(const Load& load, std::uint32_t index) const {
    return static_cast<double>(load.in_flight) / (*weights_)[index];
  }

 private:
  struct Counted {
    std::uint32_t in_flight = 0;
    bool usable = false;
  };
  double c_;
  std::shared_ptr<const std::vector<std::uint32_t>> weights_;  ///< null if there is no bound
  std::vector<Counted> counted_;
  std::uint64_t in_flight_ = 0;  ///< at usable endpoints
  std::uint64_t weight_ = 0;     ///< of usable endpoints
};

}  // namespace penstock::balancers
