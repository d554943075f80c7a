// The endpoints of an upstream in levels, the first one preferred, each with a balancer of its own; and how the work is
// spread over the levels as they fail.
//
// Level = priority, and within a priority the gateway's own zone before the others. The arithmetic is Envoy's
// (docs/intro/arch_overview/upstream/load_balancing/priority): a level is whole as long as 1/1.4 of it is usable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

/// How a level stands. In endpoints, or in weight.
struct LevelHealth {
  double usable = 0;
  double total = 0;
  double needed = 0;  ///< what carries all the work: `total`; less for a zone that is larger than its part of the work
};

struct LevelPlan {
  std::uint32_t share = 0;  ///< of kAllOfIt
  bool panic = false;       ///< so few are usable that all are used, whatever their health
};

inline constexpr std::uint32_t kAllOfIt = 1u << 16;

/// Shares add up to kAllOfIt, or are all 0 if nothing is usable and no level panics. A level panics if work is left
/// over that no level's health covers, and less than `panic_threshold` (0 … 1; 0 = never) of it is usable.
std::vector<LevelPlan> plan_levels(std::span<const LevelHealth> levels, double panic_threshold,
                                   double overprovisioning = 1.4);

/// One balancer per level. Indices and loads are the upstream's: level 0's members first, then level 1's, and so on.
/// Belongs to one thread at a time.
class Levels {
 public:
  struct Level {
    std::uint32_t count;
    std::unique_ptr<Balancer> balancer;
  };
  /// Of Pick::tried, this many endpoints of a level are heeded: the last ones.
  static constexpr std::size_t kMostTried = 32;

  /// At least one level. All work goes to the first until set_shares().
  explicit Levels(std::vector<Level> levels);

  std::unique_ptr<Levels> clone() const;
  void start(std::span<const Load> loads, const Levels* previous, std::span<const std::uint32_t> from,
             std::uint64_t random);
  /// Of kAllOfIt, one for each level.
  void set_shares(std::span<const std::uint32_t> shares);
  /// The level is drawn by the key, so that a key stays where it is; if it has no endpoint for the request, the others
  /// are asked in their order.
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick);
  void in_flight_changed(std::span<const Load> loads, std::uint32_t index);
  void fitness_changed(std::span<const Load> loads, std::uint32_t index);

 private:
  struct Place {
    std::uint32_t first;
    std::uint32_t count;
    std::uint32_t share_until;  ///< shares of this level and those before it
    std::unique_ptr<Balancer> balancer;
  };
  std::optional<std::uint32_t> pick_in(const Place& place, std::span<const Load> loads, const Pick& pick);
  Place& place_of(std::uint32_t index);

  std::vector<Place> levels_;
};

}  // namespace penstock::balancers
