#include "balancers/smooth_weighted.h"

#include <algorithm>

#include "balancers/eligible.h"

namespace penstock::balancers {
namespace {

/// A worker begins within so many picks from the beginning, so that workers and gateways do not walk in step: anywhere
/// in a usual cycle. Walking so far ahead takes some 2 ms, once.
constexpr std::int64_t kMostPicksAhead = 1 << 16;
/// So many members in slow start may pass a request on.
constexpr std::uint64_t kMostDeclined = 64;
/// Keeps weight · time far from overflow; small enough for a test to see it happen.
constexpr std::int64_t kRestartTimeAfter = 1 << 20;

}  // namespace

SmoothWeighted::Tables::Tables(const std::vector<Member>& members) {
  for (const Member& member : members) weights.push_back(member.weight);
  std::sort(weights.begin(), weights.end());
  weights.erase(std::unique(weights.begin(), weights.end()), weights.end());
  for (const Member& member : members) {
    const auto at = std::lower_bound(weights.begin(), weights.end(), member.weight);
    group_of.push_back(static_cast<std::uint32_t>(at - weights.begin()));
  }
}

SmoothWeighted::SmoothWeighted(const std::vector<Member>& members)
    : SmoothWeighted(std::make_shared<const Tables>(members)) {}

SmoothWeighted::SmoothWeighted(std::shared_ptr<const Tables> tables)
    : tables_(std::move(tables)),
      turns_(tables_->group_of.size()),
      in_turn_(turns_.size()),
      queues_(tables_->weights.size()),
      heads_(tables_->weights) {}

std::unique_ptr<Balancer> SmoothWeighted::clone() const {
  return std::unique_ptr<Balancer>(new SmoothWeighted(tables_));
}

void SmoothWeighted::start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
                           std::uint64_t random) {
  const auto* before = dynamic_cast<const SmoothWeighted*>(previous);
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < turns_.size(); ++i) {
    if (before != nullptr && from[i] != kNoMember) turns_[i].credit = before->current(from[i]);
    if (loads[i].usable) order.push_back(i);
  }
  // In the order of their turns, so that all of them go to the rows.
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return turns_[a].credit > turns_[b].credit; });
  for (const std::uint32_t i : order) join(i);
  if (before != nullptr || total_ == 0) return;
  const auto ahead = random % static_cast<std::uint64_t>(std::min(total_, kMostPicksAhead));
  for (std::uint64_t i = 0; i < ahead; ++i) turn();
}

std::optional<std::uint32_t> SmoothWeighted::pick(std::span<const Load> loads, const Pick& pick) {
  if (pick.tried.empty()) return willing_turn(loads, pick.random);
  for (const std::uint32_t tried : pick.tried) {
    if (tried < turns_.size() && in_turn_[tried]) leave(tried);
  }
  const auto index = willing_turn(loads, pick.random);
  for (const std::uint32_t tried : pick.tried) {
    if (tried < turns_.size()) fitness_changed(loads, tried);
  }
  return index;
}

/// Whoever declines has had its turn.
std::optional<std::uint32_t> SmoothWeighted::willing_turn(std::span<const Load> loads, std::uint64_t bits) {
  if (total_ == 0) return std::nullopt;
  std::uint32_t index = turn();
  for (std::uint64_t i = 0; i < kMostDeclined && !takes(loads[index], bits + i, index); ++i) index = turn();
  return index;
}

void SmoothWeighted::fitness_changed(std::span<const Load> loads, std::uint32_t index) {
  if (in_turn_[index] == loads[index].usable) return;
  if (in_turn_[index]) {
    leave(index);
  } else {
    join(index);
  }
}

std::uint32_t SmoothWeighted::turn() {
  if (time_ == kRestartTimeAfter) restart_time();
  const std::uint32_t group = heads_.winner(time_ + 1);
  ++time_;
  const std::uint32_t index = queues_[group].front(turns_);
  queues_[group].erase(turns_, index);
  turns_[index].credit -= total_;
  queues_[group].insert(turns_, index);
  place_head(group);
  return index;
}

/// Since time 0, if it is in turn.
std::int64_t SmoothWeighted::gained(std::uint32_t index) const {
  return in_turn_[index] ? std::int64_t{weight(index)} * time_ : 0;
}

std::int64_t SmoothWeighted::current(std::uint32_t index) const {
  return turns_[index].credit + gained(index);
}

void SmoothWeighted::join(std::uint32_t index) {
  in_turn_[index] = true;
  turns_[index].credit -= gained(index);
  total_ += weight(index);
  queues_[tables_->group_of[index]].insert(turns_, index);
  place_head(tables_->group_of[index]);
}

void SmoothWeighted::leave(std::uint32_t index) {
  queues_[tables_->group_of[index]].erase(turns_, index);
  place_head(tables_->group_of[index]);
  total_ -= weight(index);
  turns_[index].credit += gained(index);
  in_turn_[index] = false;
}

/// As the next pick will see it.
void SmoothWeighted::place_head(std::uint32_t group) {
  const std::uint32_t head = queues_[group].front(turns_);
  if (head == kNoMember) {
    heads_.withdraw(group, time_ + 1);
  } else {
    heads_.place(group, turns_[head].credit, head, time_ + 1);
  }
}

void SmoothWeighted::restart_time() {
  // All in a queue gain alike: its order stands.
  for (std::uint32_t i = 0; i < turns_.size(); ++i) turns_[i].credit += gained(i);
  time_ = 0;
  heads_.restart();
  for (std::uint32_t group = 0; group < queues_.size(); ++group) place_head(group);
}

}  // namespace penstock::balancers
