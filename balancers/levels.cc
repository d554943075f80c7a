#include "balancers/levels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

/// 0 … 1: the part of all the work that the level can carry.
double capacity(const LevelHealth& level, double overprovisioning) {
  if (level.usable <= 0) return 0;
  return level.needed <= 0 ? 1 : std::min(1.0, overprovisioning * level.usable / level.needed);
}

/// An upstream's index as that of a level; kNoMember if it is in another level.
std::uint32_t local_index(std::uint32_t index, std::uint32_t first, std::uint32_t count) {
  return index >= first && index - first < count ? index - first : kNoMember;
}

/// Fractions to whole shares that add up to kAllOfIt: what is rounded is the sum so far.
void set_shares_by(std::vector<LevelPlan>& plan, std::span<const double> fractions) {
  double sum = 0;
  for (const double fraction : fractions) sum += fraction;
  if (sum <= 0) return;
  double so_far = 0;
  std::uint32_t given = 0;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    so_far += fractions[i];
    const auto until = static_cast<std::uint32_t>(std::lround(so_far / sum * kAllOfIt));
    plan[i].share = until - given;
    given = until;
  }
}

}  // namespace

std::vector<LevelPlan> plan_levels(std::span<const LevelHealth> levels, double panic_threshold,
                                   double overprovisioning) {
  std::vector<LevelPlan> plan(levels.size());
  std::vector<double> fractions(levels.size());
  double carried = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    fractions[i] = std::min(capacity(levels[i], overprovisioning), 1 - carried);
    carried += fractions[i];
  }
  constexpr double kRounding = 1e-9;
  if (carried < 1 - kRounding) {
    for (std::size_t i = 0; i < levels.size(); ++i)
      plan[i].panic = levels[i].usable < panic_threshold * levels[i].total;
  }

  // With nothing usable anywhere, those that panic take it by size.
  for (std::size_t i = 0; carried <= 0 && i < levels.size(); ++i) fractions[i] = plan[i].panic ? levels[i].total : 0;
  set_shares_by(plan, fractions);
  return plan;
}

Levels::Levels(std::vector<Level> levels) {
  std::uint32_t first = 0;
  for (Level& level : levels) {
    levels_.push_back({first, level.count, kAllOfIt, std::move(level.balancer)});
    first += level.count;
  }
}

std::unique_ptr<Levels> Levels::clone() const {
  std::vector<Level> levels;
  for (const Place& place : levels_) levels.push_back({place.count, place.balancer->clone()});
  return std::make_unique<Levels>(std::move(levels));
}

void Levels::start(std::span<const Load> loads, const Levels* previous, std::span<const std::uint32_t> from,
                   std::uint64_t random) {
  std::vector<std::uint32_t> local;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const Place& place = levels_[level];
    const bool was_there = previous != nullptr && level < previous->levels_.size();
    const Place* before = was_there ? &previous->levels_[level] : nullptr;
    local.clear();
    for (std::uint32_t i = 0; before != nullptr && i < place.count; ++i) {
      local.push_back(local_index(from[place.first + i], before->first, before->count));
    }
    place.balancer->start(loads.subspan(place.first, place.count), before != nullptr ? before->balancer.get() : nullptr,
                          local, random);
  }
}

void Levels::set_shares(std::span<const std::uint32_t> shares) {
  std::uint32_t until = 0;
  for (std::size_t i = 0; i < levels_.size(); ++i) levels_[i].share_until = until += shares[i];
}

std::optional<std::uint32_t> Levels::pick(std::span<const Load> loads, const Pick& pick) {
  if (levels_.size() == 1) return levels_.front().balancer->pick(loads, pick);
  // Bits that have nothing to do with those that the balancers place the key by.
  constexpr std::uint64_t kSalt = 0x6c6576656c73;
  const std::uint64_t drawn = mix(pick.key ^ kSalt) % kAllOfIt;
  const auto level =
      std::find_if(levels_.begin(), levels_.end(), [&](const Place& p) { return drawn < p.share_until; });
  if (level != levels_.end()) {
    if (const auto member = pick_in(*level, loads, pick)) return member;
  }
  for (auto other = levels_.begin(); other != levels_.end(); ++other) {
    if (other == level) continue;
    if (const auto member = pick_in(*other, loads, pick)) return member;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Levels::pick_in(const Place& place, std::span<const Load> loads, const Pick& pick) {
  std::array<std::uint32_t, kMostTried> tried;
  std::size_t count = 0;
  for (const std::uint32_t member : pick.tried) {
    const std::uint32_t index = local_index(member, place.first, place.count);
    if (index != kNoMember) tried[count++ % kMostTried] = index;
  }
  Pick local = pick;
  local.tried = std::span(tried).first(std::min(count, kMostTried));
  const auto member = place.balancer->pick(loads.subspan(place.first, place.count), local);
  if (!member) return std::nullopt;
  return place.first + *member;
}

Levels::Place& Levels::place_of(std::uint32_t index) {
  return *std::find_if(levels_.begin(), levels_.end(), [&](const Place& p) { return index < p.first + p.count; });
}

void Levels::in_flight_changed(std::span<const Load> loads, std::uint32_t index) {
  const Place& place = place_of(index);
  place.balancer->in_flight_changed(loads.subspan(place.first, place.count), index - place.first);
}

void Levels::fitness_changed(std::span<const Load> loads, std::uint32_t index) {
  const Place& place = place_of(index);
  place.balancer->fitness_changed(loads.subspan(place.first, place.count), index - place.first);
}

}  // namespace penstock::balancers
