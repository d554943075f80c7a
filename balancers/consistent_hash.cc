#include "balancers/consistent_hash.h"

#include "balancers/by_key.h"
#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

// So many points are looked at from one place; so many places follow from the key; and so many are tried before all
// members are gone through. Those after the key's are random: a key that brings a fifth of the work fills every
// endpoint that it leads to, however many those are, while of all endpoints one in five has room (at a bound of 1.25).
constexpr int kStretch = 8;
constexpr std::uint64_t kPlacesOfKey = 4;
constexpr std::uint64_t kPlaces = 48;

}  // namespace

ConsistentHash::ConsistentHash(const std::vector<Member>& members, std::uint32_t virtual_nodes, double bounded_load)
    : ring_(std::make_shared<const HashRing>(members, virtual_nodes)), bound_(members, bounded_load) {}

std::unique_ptr<Balancer> ConsistentHash::clone() const {
  return std::unique_ptr<Balancer>(new ConsistentHash(*this));
}

void ConsistentHash::start(std::span<const Load> loads, const Balancer*, std::span<const std::uint32_t>,
                           std::uint64_t) {
  bound_.start(loads);
}

void ConsistentHash::in_flight_changed(std::span<const Load> loads, std::uint32_t index) {
  bound_.changed(loads, index);
}

void ConsistentHash::fitness_changed(std::span<const Load> loads, std::uint32_t index) {
  bound_.changed(loads, index);
}

std::optional<std::uint32_t> ConsistentHash::pick(std::span<const Load> loads, const Pick& pick) {
  const std::uint32_t owner = ring_->member_at(ring_->position_of(static_cast<std::uint32_t>(pick.key)));
  const double level = bound_.is_set() ? bound_.level() : 0;
  const bool full = bound_.is_set() && bound_.full(loads[owner], owner, level);
  if (!full && takes_key_now(loads, pick, owner)) return owner;
  return search(loads, pick, level);
}

std::optional<std::uint32_t> ConsistentHash::search(std::span<const Load> loads, const Pick& pick, double level) const {
  auto hash = static_cast<std::uint32_t>(pick.key);
  for (std::uint64_t place = 1; place <= kPlaces; ++place) {
    std::uint32_t position = ring_->position_of(hash);
    for (int step = 0; step < kStretch; ++step, position = ring_->after(position)) {
      const std::uint32_t member = ring_->member_at(position);
      if (bound_.is_set() && bound_.full(loads[member], member, level)) continue;
      if (takes_key_now(loads, pick, member)) return member;
    }
    hash = static_cast<std::uint32_t>(mix(place < kPlacesOfKey ? pick.key + place : pick.random + place));
  }
  return bound_.is_set() ? least_filled(loads, pick, level) : highest_ranked(loads, pick);
}

/// The least filled of those that take the key now; if that one is full too, of all that are eligible.
std::optional<std::uint32_t> ConsistentHash::least_filled(std::span<const Load> loads, const Pick& pick,
                                                          double level) const {
  std::uint32_t best = kNoMember;
  std::uint32_t best_taker = kNoMember;
  const auto improve = [&](std::uint32_t& so_far, std::uint32_t index) {
    if (so_far == kNoMember || bound_.filling(loads[index], index) < bound_.filling(loads[so_far], so_far))
      so_far = index;
  };
  // From a place of the key's own, so that among equals it is not always the first.
  const auto n = static_cast<std::uint32_t>(loads.size());
  auto index = static_cast<std::uint32_t>(mix(pick.key) % n);
  for (std::uint32_t step = 0; step < n; ++step, index = index + 1 == n ? 0 : index + 1) {
    if (!eligible(loads, pick, index)) continue;
    improve(best, index);
    if (takes(loads[index], pick.key, index)) improve(best_taker, index);
  }
  if (best_taker != kNoMember && !bound_.full(loads[best_taker], best_taker, level)) return best_taker;
  if (best == kNoMember) return std::nullopt;
  return best;
}

}  // namespace penstock::balancers
