#include <cmath>
#include <random>

#include "balancers/consistent_hash.h"
#include "tests/unit/balancers/hash_fixture.h"

namespace penstock::balancers {
namespace {

/// Keys by Zipf's law with exponent 1.2, each request ending at some random time: what a cache sees.
class Crowd {
 public:
  Crowd(std::vector<Member> members, double bound) : at_(std::move(members), 160u, bound), bound_(bound) {
    std::vector<double> popularity;
    for (int key = 1; key <= 10'000; ++key) popularity.push_back(std::pow(key, -1.2));
    key_ = std::discrete_distribution<std::uint64_t>(popularity.begin(), popularity.end());
  }

  void come() {
    picked_ = at_.index_for(key_(random_));
    at_.begin_at(picked_);
    under_way_.push_back(picked_);
  }
  void one_goes() {
    std::swap(under_way_[random_() % under_way_.size()], under_way_.back());
    at_.end_at(under_way_.back());
    under_way_.pop_back();
  }
  std::size_t under_way() const { return under_way_.size(); }
  std::uint64_t random() { return random_(); }

  /// Of the endpoint picked last, after that pick: its load over its fair part of what all usable ones have.
  double allowed() const {
    double in_flight = 0, weight = 0;
    for (std::size_t i = 0; i < at_.loads.size(); ++i) {
      if (at_.loads[i].usable) in_flight += at_.loads[i].in_flight, weight += at_.members[i].weight;
    }
    return std::max(1.0, std::ceil(bound_ * in_flight * at_.members[picked_].weight / weight));
  }
  double load() const { return at_.loads[picked_].in_flight; }
  double most() const {
    std::uint32_t most = 0;
    for (const Load& load : at_.loads) most = std::max(most, load.in_flight);
    return most;
  }
  Placing<ConsistentHash>& endpoints() { return at_; }

 private:
  Placing<ConsistentHash> at_;
  double bound_;
  std::mt19937_64 random_{1};
  std::discrete_distribution<std::uint64_t> key_;
  std::vector<std::uint32_t> under_way_;
  std::uint32_t picked_ = 0;
};

TEST(BoundedHash, NoPickGoesAboveTheBound) {
  Crowd crowd(endpoints(20), 1.25);
  for (int i = 0; i < 100'000; ++i) {
    crowd.come();
    ASSERT_LE(crowd.load(), crowd.allowed()) << "pick " << i;
    while (crowd.under_way() > 0 && crowd.random() % 400 < crowd.under_way()) crowd.one_goes();
  }
}

TEST(BoundedHash, NoPickGoesAboveTheBoundWithWeightsAndEndpointsThatComeAndGo) {
  std::vector<Member> members = endpoints(12);
  for (std::size_t i = 0; i < members.size(); ++i) members[i].weight = static_cast<std::uint32_t>(1 + i % 4);
  Crowd crowd(members, 1.25);
  for (int i = 0; i < 100'000; ++i) {
    if (i % 500 == 0) {
      const auto index = static_cast<std::uint32_t>(crowd.random() % members.size());
      crowd.endpoints().set_usable(index, !crowd.endpoints().loads[index].usable || index < 4);
    }
    crowd.come();
    ASSERT_LE(crowd.load(), crowd.allowed()) << "pick " << i;
    while (crowd.under_way() > 200) crowd.one_goes();
  }
}

TEST(BoundedHash, WithoutABoundAPopularKeyOverloadsItsEndpoint) {
  Crowd crowd(endpoints(20), 0);
  for (int i = 0; i < 1000; ++i) crowd.come();
  EXPECT_GT(crowd.most(), 3 * 1000.0 / 20);
}

TEST(BoundedHash, KeepsAKeyInPlaceWhileThereIsRoom) {
  Placing<ConsistentHash> bounded(endpoints(10), 160u, 1.25);
  Placing<ConsistentHash> plain(endpoints(10), 160u, 0.0);
  for (std::uint32_t i = 0; i < 10; ++i) bounded.begin_at(i);
  EXPECT_EQ(bounded.names_for(2'000), plain.names_for(2'000));
}

TEST(BoundedHash, WhatAFullEndpointCantTakeGoesOnAlongTheRing) {
  Placing<ConsistentHash> bounded(endpoints(10), 160u, 1.25);
  const std::uint32_t owner = bounded.index_for(1);
  bounded.begin_at(owner);
  bounded.begin_at(owner);
  Placing<ConsistentHash> gone(endpoints(10), 160u, 0.0);
  gone.set_usable(owner, false);
  EXPECT_EQ(bounded.index_for(1), gone.index_for(1));
}

TEST(BoundedHash, AnEndpointThatRecoversBringsItsRoomAndItsLoad) {
  Placing<ConsistentHash> bounded(endpoints(2), 160u, 1.25);
  const std::uint32_t owner = bounded.index_for(1);
  bounded.set_usable(1 - owner, false);
  for (int i = 0; i < 8; ++i) bounded.begin_at(bounded.index_for(1));
  EXPECT_EQ(bounded.index_for(1), owner);
  bounded.set_usable(1 - owner, true);
  EXPECT_EQ(bounded.index_for(1), 1 - owner);
}

TEST(BoundedHash, IfAllThatAreLeftAreFullTheLeastFilledTakesIt) {
  std::vector<Member> members = endpoints(3);
  members[2].weight = 10;
  Placing<ConsistentHash> bounded(members, 160u, 1.25);
  for (int i = 0; i < 3; ++i) bounded.begin_at(0), bounded.begin_at(1);
  bounded.begin_at(1);
  EXPECT_EQ(bounded.index_for(1, std::vector<std::uint32_t>{2}), 0u);
}

TEST(BoundedHash, ANewcomerIsNotPreferredForHavingNothingToDo) {
  Placing<ConsistentHash> bounded(endpoints(1000), 160u, 1.25);
  for (std::uint32_t i = 0; i < 1000; ++i) bounded.set_usable(i, i == 617 || i == 800);
  bounded.set_share(800, 1);
  bounded.begin_at(617);
  EXPECT_GE(bounded.counts_of(1000)[617], 990);
}

TEST(BoundedHash, OneKeyAloneFillsAllEvenly) {
  Placing<ConsistentHash> bounded(endpoints(500), 160u, 1.25);
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    const auto index = bounded.balancer->pick(bounded.loads, {.key = 7, .random = mix(i)}).value();
    bounded.begin_at(index);
  }
  for (const Load& load : bounded.loads) EXPECT_LE(load.in_flight, 13u);
}

}  // namespace
}  // namespace penstock::balancers
