#include "balancers/least_connections.h"

#include <algorithm>

namespace penstock::balancers {

LeastConnections::LeastConnections(const std::vector<Member>& members) : LeastConnections(shared_weights_of(members)) {}

LeastConnections::LeastConnections(std::shared_ptr<const Weights> weights)
    : weights_(std::move(weights)), states_(weights_->size()), winners_(2 * weights_->size()) {
  const auto n = static_cast<std::uint32_t>(states_.size());
  for (std::uint32_t i = 0; i < n; ++i) winners_[n + i] = i;
}

std::unique_ptr<Balancer> LeastConnections::clone() const {
  return std::unique_ptr<Balancer>(new LeastConnections(weights_));
}

void LeastConnections::start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
                             std::uint64_t random) {
  const auto* before = dynamic_cast<const LeastConnections*>(previous);
  const auto n = static_cast<std::uint32_t>(states_.size());
  // Newcomers have waited longest: turn 0.
  next_turn_ = before != nullptr ? before->next_turn_ : n;
  const auto first = static_cast<std::uint32_t>(random % n);
  for (std::uint32_t i = 0; i < n; ++i) {
    if (before == nullptr) {
      states_[i].turn = i < first ? i + n - first : i - first;
    } else if (from[i] != kNoMember) {
      states_[i].turn = before->states_[from[i]].turn;
    }
    read(loads[i], i);
  }
  for (std::size_t node = n - 1; node > 0; --node) {
    const std::uint32_t one = winners_[2 * node];
    const std::uint32_t other = winners_[2 * node + 1];
    winners_[node] = states_[one].beats(states_[other]) ? one : other;
  }
}

std::optional<std::uint32_t> LeastConnections::pick(std::span<const Load> loads, const Pick& pick) {
  for (const std::uint32_t tried : pick.tried) take_out(tried);
  const std::uint32_t best = winners_[1];
  const bool found = states_[best].capacity != 0;
  for (const std::uint32_t tried : pick.tried) {
    if (tried < states_.size()) fitness_changed(loads, tried);
  }
  return found ? std::optional(best) : std::nullopt;
}

void LeastConnections::take_out(std::uint32_t index) {
  if (index >= states_.size()) return;
  states_[index].capacity = 0;
  play_above(index);
}

void LeastConnections::in_flight_changed(std::span<const Load> loads, std::uint32_t index) {
  states_[index].turn = next_turn_++;
  fitness_changed(loads, index);
}

void LeastConnections::fitness_changed(std::span<const Load> loads, std::uint32_t index) {
  read(loads[index], index);
  play_above(index);
}

void LeastConnections::read(const Load& load, std::uint32_t index) {
  states_[index].in_flight = load.in_flight;
  states_[index].capacity = load.usable ? (*weights_)[index] * load.share : 0;
}

void LeastConnections::play_above(std::uint32_t index) {
  std::uint32_t winner = index;
  State best = states_[index];
  for (std::size_t node = states_.size() + index; node > 1;) {
    const std::uint32_t rival = winners_[node ^ 1];
    const State& other = states_[rival];
    // Without branches, and with the winner in registers: who wins can't be foretold, and the matches wait for each
    // other.
    const std::uint64_t take = 0 - std::uint64_t{other.beats(best)};
    winner ^= (winner ^ rival) & static_cast<std::uint32_t>(take);
    best.in_flight ^= (best.in_flight ^ other.in_flight) & static_cast<std::uint32_t>(take);
    best.capacity ^= (best.capacity ^ other.capacity) & static_cast<std::uint32_t>(take);
    best.turn ^= (best.turn ^ other.turn) & take;
    node /= 2;
    // Where another stays the winner, the matches above are the same as before.
    if (winners_[node] == winner && winner != index) return;
    winners_[node] = winner;
  }
}

bool LeastConnections::State::beats(const State& other) const {
  // 2^32 · 2^28 at most. Of two with no capacity either may win: 0 = 0.
  const std::uint64_t cost = (std::uint64_t{in_flight} + 1) * other.capacity;
  const std::uint64_t cost_of_other = (std::uint64_t{other.in_flight} + 1) * capacity;
  return (cost < cost_of_other) | ((cost == cost_of_other) & (turn < other.turn));
}

}  // namespace penstock::balancers
