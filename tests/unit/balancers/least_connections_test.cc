#include "balancers/least_connections.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "balancers/eligible.h"
#include "tests/unit/balancers/balancer_fixture.h"

namespace penstock::balancers {
namespace {

using testing::Each;
using testing::ElementsAre;

class LeastConnectionsTest : public BalancerFixture<LeastConnections> {
 protected:
  /// (in_flight + 1) / (weight · share), least of all that may be picked; by looking at each.
  std::optional<double> least_cost(const Indices& tried) {
    std::optional<double> least;
    for (std::uint32_t i = 0; i < loads_.size(); ++i) {
      if (eligible(loads_, {.tried = tried}, i)) least = std::min(least.value_or(1e99), cost(i));
    }
    return least;
  }
  double cost(std::uint32_t i) const { return (loads_[i].in_flight + 1.0) / members_[i].weight / loads_[i].share; }

  void random_event() {
    const std::uint32_t index = below(loads_.size());
    switch (below(6)) {
      case 0:
        return usable(index, !loads_[index].usable);
      case 1:
        return share(index, (1 + below(8)) / 8.0);
      case 2:
        if (loads_[index].in_flight > 0) return end_request(index);
        [[fallthrough]];
      default:
        return in_flight(index, loads_[index].in_flight + 1);
    }
  }
};

TEST_F(LeastConnectionsTest, PicksTheOneWithTheFewestRequests) {
  endpoints({1, 1, 1});
  in_flight(0, 3), in_flight(1, 1), in_flight(2, 2);
  EXPECT_EQ(pick(), 1u);
  in_flight(1, 4);
  EXPECT_EQ(pick(), 2u);
}

TEST_F(LeastConnectionsTest, WeighsTheRequests) {
  endpoints({1, 10});
  in_flight(1, 8);
  EXPECT_EQ(pick(), 1u);
  in_flight(1, 10);
  EXPECT_EQ(pick(), 0u);
}

TEST_F(LeastConnectionsTest, AnIdleHeavyEndpointComesBeforeAnIdleLightOne) {
  endpoints({1, 10});
  EXPECT_EQ(pick(), 1u);
}

TEST_F(LeastConnectionsTest, IdleEndpointsTakeTurns) {
  endpoints(std::vector<std::uint32_t>(10, 1));
  std::vector<int> count(10);
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t index = begin_request();
    end_request(index);
    ++count[index];
  }
  EXPECT_THAT(count, Each(100));
}

TEST_F(LeastConnectionsTest, EquallyBusyEndpointsTakeTurns) {
  endpoints({1, 1, 1});
  EXPECT_THAT((Indices{begin_request(), begin_request(), begin_request(), begin_request()}), ElementsAre(0, 1, 2, 0));
}

TEST_F(LeastConnectionsTest, WorkersBeginAtDifferentEndpoints) {
  std::set<std::uint32_t> first;
  for (int worker = 0; worker < 64; ++worker) {
    endpoints(std::vector<std::uint32_t>(10, 1), bits());
    first.insert(pick());
  }
  EXPECT_EQ(first.size(), 10u);
}

TEST_F(LeastConnectionsTest, NeverDiffersFromALookAtEachEndpoint) {
  for (const std::uint32_t n : {1, 2, 3, 7, 64, 100}) {
    std::vector<std::uint32_t> weights(n);
    for (auto& weight : weights) weight = 1 + below(5);
    endpoints(weights, bits());
    for (int step = 0; step < 20'000; ++step) {
      random_event();
      Indices tried;
      while (below(4) == 0) tried.push_back(below(n));
      const auto picked = try_pick(tried);
      const auto least = least_cost(tried);
      ASSERT_EQ(picked.has_value(), least.has_value());
      if (!picked) continue;
      ASSERT_TRUE(eligible(loads_, {.tried = tried}, *picked));
      ASSERT_DOUBLE_EQ(cost(*picked), *least) << n << " endpoints, step " << step;
    }
  }
}

TEST_F(LeastConnectionsTest, OfEqualsItPicksTheOneLeftAloneLongest) {
  endpoints(std::vector<std::uint32_t>(8, 1));
  std::map<std::uint32_t, int> last_touched;
  for (int step = 0; step < 5000; ++step) {
    const std::uint32_t index = below(8);
    in_flight(index, below(2));
    last_touched[index] = step;
    if (last_touched.size() < 8) continue;
    const std::uint32_t picked = pick();
    for (std::uint32_t i = 0; i < 8; ++i) {
      if (cost(i) != cost(picked)) continue;
      ASSERT_LE(last_touched[picked], last_touched[i]) << "step " << step;
    }
  }
}

TEST_F(LeastConnectionsTest, ManyRequestsUnderWaySpreadByWeight) {
  endpoints({5, 3, 1, 1});
  for (int i = 0; i < 1000; ++i) begin_request();
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_NEAR(loads_[i].in_flight, 100 * members_[i].weight, 1);
}

TEST_F(LeastConnectionsTest, AnEndpointInSlowStartCarriesItsPart) {
  endpoints({1, 1, 1});
  share(0, 0.25);
  for (int i = 0; i < 900; ++i) begin_request();
  EXPECT_NEAR(loads_[0].in_flight, 100, 1);
}

TEST_F(LeastConnectionsTest, WhatWasTriedIsOutForThisRequestOnly) {
  endpoints({9, 1});
  EXPECT_EQ(pick({0}), 1u);
  EXPECT_FALSE(try_pick({0, 1, 1, 55}));
  EXPECT_EQ(pick(), 0u);
}

TEST_F(LeastConnectionsTest, HasNoAnswerWhenNothingIsUsable) {
  endpoints({1, 1});
  usable(0, false), usable(1, false);
  EXPECT_FALSE(try_pick());
  usable(1, true);
  EXPECT_EQ(pick(), 1u);
}

TEST_F(LeastConnectionsTest, RebuildingItBetweenRequestsChangesNothing) {
  endpoints(std::vector<std::uint32_t>(10, 1));
  std::vector<int> count(10);
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t index = begin_request();
    end_request(index);
    ++count[index];
    rebuild();
  }
  EXPECT_THAT(count, Each(100));
}

TEST_F(LeastConnectionsTest, RequestsUnderWayCountInTheNextSnapshot) {
  endpoints({1, 1});
  in_flight(0, 5), in_flight(1, 2);
  snapshot({1, 1, 1}, {1, 0, kNoMember});
  EXPECT_EQ(pick(), 2u);
  in_flight(2, 4);
  EXPECT_EQ(pick(), 0u);
}

}  // namespace
}  // namespace penstock::balancers
