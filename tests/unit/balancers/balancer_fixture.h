// A balancer at work: an upstream whose endpoints take requests, fail, recover, come and go.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balancers/balancer.h"
#include "balancers/hash.h"

namespace penstock::balancers {

/// Of Policy(members, kArguments...). Chance is seeded: every run sees the same.
template <typename Policy, auto... kArguments>
class BalancerFixture : public ::testing::Test {
 protected:
  using Indices = std::vector<std::uint32_t>;

  /// Endpoints "0", "1", …, all usable. `random` as for Balancer::start().
  void endpoints(const std::vector<std::uint32_t>& weights, std::uint64_t random = 0) {
    members_ = members(weights);
    loads_.assign(weights.size(), Load{});
    balancer_ = make(members_)->clone();
    balancer_->start(loads_, nullptr, {}, random);
  }

  /// A new snapshot. from[i]: where member i was before.
  void snapshot(const std::vector<std::uint32_t>& weights, const Indices& from) {
    members_ = members(weights);
    std::vector<Load> loads(weights.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (from[i] != kNoMember) loads[i] = loads_[from[i]];
    }
    auto next = make(members_);
    next->start(loads, balancer_.get(), from, bits());
    loads_ = loads;
    balancer_ = std::move(next);
  }
  /// The same members once more.
  void rebuild() {
    std::vector<std::uint32_t> weights;
    Indices from;
    for (const Member& member : members_) {
      from.push_back(static_cast<std::uint32_t>(weights.size()));
      weights.push_back(member.weight);
    }
    snapshot(weights, from);
  }

  std::optional<std::uint32_t> try_pick(const Indices& tried = {}) {
    return balancer_->pick(loads_, {.key = bits(), .random = bits(), .now = now_, .tried = tried});
  }
  std::uint32_t pick(const Indices& tried = {}) { return try_pick(tried).value(); }
  Indices picks(int count) {
    Indices picked;
    for (int i = 0; i < count; ++i) picked.push_back(pick());
    return picked;
  }
  /// How often each was picked.
  std::vector<std::uint64_t> counts(int picks) {
    std::vector<std::uint64_t> count(loads_.size());
    for (int i = 0; i < picks; ++i) ++count[pick()];
    return count;
  }

  /// Picks and begins a request there.
  std::uint32_t begin_request() {
    const std::uint32_t index = pick();
    in_flight(index, loads_[index].in_flight + 1);
    return index;
  }
  void end_request(std::uint32_t index) { in_flight(index, loads_[index].in_flight - 1); }
  void in_flight(std::uint32_t index, std::uint32_t count) {
    loads_[index].in_flight = count;
    balancer_->in_flight_changed(loads_, index);
  }
  void usable(std::uint32_t index, bool usable) {
    loads_[index].usable = usable;
    balancer_->fitness_changed(loads_, index);
  }
  void share(std::uint32_t index, double part) {
    loads_[index].share = static_cast<std::uint16_t>(part * kWholeShare);
    balancer_->fitness_changed(loads_, index);
  }

  std::uint64_t bits() { return mix(seed_++); }
  std::uint32_t below(std::uint64_t end) { return static_cast<std::uint32_t>(bits() % end); }

  static std::unique_ptr<Balancer> make(const std::vector<Member>& members) {
    return std::make_unique<Policy>(members, kArguments...);
  }
  static std::vector<Member> members(const std::vector<std::uint32_t>& weights) {
    std::vector<Member> members;
    for (const std::uint32_t weight : weights) members.push_back({std::to_string(members.size()), weight});
    return members;
  }

  std::vector<Member> members_;
  std::vector<Load> loads_;
  std::unique_ptr<Balancer> balancer_;
  std::uint64_t now_ = 1'000'000'000;

 private:
  std::uint64_t seed_ = 1;
};

/// How far counts are from weights, as a normal deviate of the χ² statistic: beyond 5 has p < 1e-6. A weight of 0:
/// never.
inline double chi_square_sigmas(const std::vector<std::uint64_t>& counts, const std::vector<std::uint32_t>& weights) {
  double n = 0;
  double sum = 0;
  for (const std::uint64_t count : counts) n += static_cast<double>(count);
  for (const std::uint32_t weight : weights) sum += weight;
  double chi_square = 0;
  double freedom = -1;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (weights[i] == 0) {
      if (counts[i] != 0) return 1e9;
      continue;
    }
    const double expected = n * weights[i] / sum;
    const double off = static_cast<double>(counts[i]) - expected;
    chi_square += off * off / expected;
    ++freedom;
  }
  // Wilson and Hilferty: the cube root of χ²/k is close to normal.
  const double spread = 2 / (9 * freedom);
  return (std::cbrt(chi_square / freedom) - (1 - spread)) / std::sqrt(spread);
}

}  // namespace penstock::balancers
