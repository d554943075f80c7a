// What every policy must hold to, whatever it prefers.
#include "balancers/make_balancer.h"

#include <gtest/gtest.h>

#include <set>

#include "balancers/eligible.h"

namespace penstock::balancers {
namespace {

std::string name_of(const Spec& spec) {
  switch (spec.policy) {
    case Policy::round_robin:
      return "RoundRobin";
    case Policy::smooth_weighted_round_robin:
      return "SmoothWeightedRoundRobin";
    case Policy::random:
      return "Random";
    case Policy::weighted_random:
      return "WeightedRandom";
    case Policy::least_connections:
      return "LeastConnections";
    case Policy::peak_ewma:
      return "PeakEwma";
    case Policy::consistent_hash:
      return spec.bounded_load > 0 ? "BoundedConsistentHash" : "ConsistentHash";
    case Policy::maglev:
      return "Maglev";
    case Policy::source_hash:
      return spec.consistent ? "ConsistentSourceHash" : "SourceHash";
  }
  return "";
}

}  // namespace

/// Else its bytes are printed, padding and all.
static void PrintTo(const Spec& spec, std::ostream* out) {
  *out << name_of(spec);
}

namespace {

class EveryPolicy : public testing::TestWithParam<Spec> {
 protected:
  void endpoints(std::uint32_t count) {
    members_.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      members_.push_back({"10.0.0." + std::to_string(i) + ":80", 1 + i % 3});
    }
    loads_.assign(count, Load{});
    balancer_ = make_balancer(GetParam(), members_);
    balancer_->start(loads_, nullptr, {}, bits());
  }
  void usable(std::uint32_t index, bool usable) {
    loads_[index].usable = usable;
    balancer_->fitness_changed(loads_, index);
  }
  void share(std::uint32_t index, std::uint16_t share) {
    loads_[index].share = share;
    balancer_->fitness_changed(loads_, index);
  }
  Pick some_pick(const std::vector<std::uint32_t>& tried) {
    return {.key = bits(), .random = bits(), .now = now_ += 1'000'000, .tried = tried};
  }
  std::optional<std::uint32_t> pick(const std::vector<std::uint32_t>& tried = {}) {
    const auto index = balancer_->pick(loads_, some_pick(tried));
    if (index) {
      ++loads_[*index].in_flight;
      balancer_->in_flight_changed(loads_, *index);
      under_way_.push_back(*index);
    }
    return index;
  }
  void end_all() {
    for (const std::uint32_t index : under_way_) {
      --loads_[index].in_flight;
      balancer_->in_flight_changed(loads_, index);
    }
    under_way_.clear();
  }
  std::uint64_t bits() { return mix(seed_++); }

  std::vector<Member> members_;
  std::vector<Load> loads_;
  std::unique_ptr<Balancer> balancer_;
  std::vector<std::uint32_t> under_way_;
  std::uint64_t now_ = 1'000'000'000;
  std::uint64_t seed_ = 1;
};

TEST_P(EveryPolicy, PicksOnlyWhatIsUsableAndUntried) {
  endpoints(12);
  for (int step = 0; step < 5000; ++step) {
    const auto index = static_cast<std::uint32_t>(bits() % 12);
    usable(index, bits() % 2 == 0);
    share(index, static_cast<std::uint16_t>(1 + bits() % kWholeShare));
    std::vector<std::uint32_t> tried;
    while (bits() % 2 == 0) tried.push_back(static_cast<std::uint32_t>(bits() % 12));
    const bool any = [&] {
      for (std::uint32_t i = 0; i < 12; ++i) {
        if (eligible(loads_, {.tried = tried}, i)) return true;
      }
      return false;
    }();
    const auto picked = pick(tried);
    ASSERT_EQ(picked.has_value(), any) << "step " << step;
    ASSERT_TRUE(!picked || eligible(loads_, {.tried = tried}, *picked)) << "step " << step;
    if (step % 20 == 0) end_all();
  }
}

TEST_P(EveryPolicy, UsesAllEndpoints) {
  endpoints(10);
  std::set<std::uint32_t> used;
  for (int i = 0; i < 2000; ++i) {
    used.insert(*pick());
    if (i % 20 == 0) end_all();
  }
  EXPECT_EQ(used.size(), 10u);
}

TEST_P(EveryPolicy, UsesTheOnlyEndpointThereIs) {
  endpoints(1);
  EXPECT_EQ(pick(), 0u);
  EXPECT_FALSE(pick({0}));
  usable(0, false);
  EXPECT_FALSE(pick());
}

TEST_P(EveryPolicy, ACloneWorksAsTheFirstOneDoes) {
  endpoints(10);
  const auto clone = balancer_->clone();
  clone->start(loads_, nullptr, {}, 0);
  auto first = balancer_->clone();
  first->start(loads_, nullptr, {}, 0);
  for (int i = 0; i < 100; ++i) {
    const Pick same = some_pick({});
    EXPECT_EQ(clone->pick(loads_, same), first->pick(loads_, same));
  }
}

TEST_P(EveryPolicy, TakesOverFromABalancerOfOtherMembers) {
  endpoints(10);
  for (int i = 0; i < 37; ++i) pick();
  end_all();
  const auto previous = std::move(balancer_);
  endpoints(4);
  balancer_ = make_balancer(GetParam(), members_);
  balancer_->start(loads_, previous.get(), std::vector<std::uint32_t>{9, kNoMember, 0, 5}, bits());
  std::set<std::uint32_t> used;
  for (int i = 0; i < 500; ++i) {
    used.insert(*pick());
    if (i % 20 == 0) end_all();
  }
  EXPECT_EQ(used.size(), 4u);
}

INSTANTIATE_TEST_SUITE_P(All, EveryPolicy,
                         testing::Values(Spec{.policy = Policy::round_robin},
                                         Spec{.policy = Policy::smooth_weighted_round_robin},
                                         Spec{.policy = Policy::random}, Spec{.policy = Policy::weighted_random},
                                         Spec{.policy = Policy::least_connections}, Spec{.policy = Policy::peak_ewma},
                                         Spec{.policy = Policy::consistent_hash},
                                         Spec{.policy = Policy::consistent_hash, .bounded_load = 1.25},
                                         Spec{.policy = Policy::maglev}, Spec{.policy = Policy::source_hash},
                                         Spec{.policy = Policy::source_hash, .consistent = true}),
                         [](const auto& of) { return name_of(of.param); });

TEST(MakeBalancer, OnlyHashingPoliciesTakeAKey) {
  EXPECT_TRUE(takes_key(Policy::consistent_hash) && takes_key(Policy::maglev) && takes_key(Policy::source_hash));
  EXPECT_FALSE(takes_key(Policy::round_robin) || takes_key(Policy::weighted_random) || takes_key(Policy::peak_ewma));
}

}  // namespace
}  // namespace penstock::balancers
