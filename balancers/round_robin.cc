#include "balancers/round_robin.h"

#include "balancers/eligible.h"

namespace penstock::balancers {
namespace {

/// So many endpoints in slow start may pass a request on to the next one.
constexpr int kMostDeclined = 64;

}  // namespace

RoundRobin::RoundRobin(const std::vector<Member>& members) : RoundRobin(static_cast<std::uint32_t>(members.size())) {}

std::unique_ptr<Balancer> RoundRobin::clone() const {
  return std::unique_ptr<Balancer>(new RoundRobin(members_));
}

void RoundRobin::start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
                       std::uint64_t random) {
  const auto* before = dynamic_cast<const RoundRobin*>(previous);
  const std::uint32_t carried = before != nullptr ? carried_position(*before, from) : kNoMember;
  position_ = carried != kNoMember ? carried : static_cast<std::uint32_t>(random % members_);
  for (std::uint32_t i = 0; i < members_; ++i) fitness_changed(loads, i);
}

/// Where the first of those that stay is now, counted from whose turn it was.
std::uint32_t RoundRobin::carried_position(const RoundRobin& previous, std::span<const std::uint32_t> from) const {
  std::uint32_t first = kNoMember;
  std::uint32_t least = 0;
  for (std::uint32_t i = 0; i < members_; ++i) {
    if (from[i] == kNoMember) continue;
    // Those before the position wrap round to numbers above all others, in their order.
    const std::uint32_t turns = from[i] - previous.position_;
    if (first == kNoMember || turns < least) {
      least = turns;
      first = i;
    }
  }
  return first;
}

std::optional<std::uint32_t> RoundRobin::pick(std::span<const Load> loads, const Pick& pick) {
  if (usable_.empty()) return std::nullopt;
  const std::uint32_t begin = next_usable(position_);
  std::uint32_t chosen = kNoMember;
  std::uint32_t index = begin;
  int declined = 0;
  do {
    if (eligible(loads, pick, index)) {
      const bool willing = takes(loads[index], pick.random, index);
      if (willing || chosen == kNoMember) chosen = index;
      if (willing || ++declined == kMostDeclined) break;
    }
    index = next_usable(index + 1);
  } while (index != begin);
  if (chosen == kNoMember) return std::nullopt;
  position_ = chosen + 1 < members_ ? chosen + 1 : 0;
  return chosen;
}

std::uint32_t RoundRobin::next_usable(std::uint32_t from) const {
  const std::uint32_t next = usable_.next(from);
  return next != kNoMember ? next : usable_.next(0);
}

void RoundRobin::fitness_changed(std::span<const Load> loads, std::uint32_t index) {
  if (loads[index].usable) {
    usable_.insert(index);
  } else {
    usable_.erase(index);
  }
}

}  // namespace penstock::balancers
