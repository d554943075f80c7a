#include "balancers/smooth_weighted.h"

#include <gmock/gmock.h>

#include <fstream>
#include <numeric>
#include <set>
#include <sstream>

#include "balancers/eligible.h"
#include "tests/unit/balancers/balancer_fixture.h"

namespace penstock::balancers {
namespace {

using testing::Each;
using testing::ElementsAre;

/// nginx's own loop (ngx_http_upstream_get_peer), member by member.
class Reference {
 public:
  explicit Reference(std::vector<std::uint32_t> weights) : weights_(std::move(weights)), current_(weights_.size()) {}

  std::optional<std::uint32_t> pick(const std::vector<Load>& loads, const std::vector<std::uint32_t>& tried) {
    std::int64_t total = 0;
    std::optional<std::uint32_t> best;
    for (std::uint32_t i = 0; i < weights_.size(); ++i) {
      if (!eligible(loads, {.tried = tried}, i)) continue;
      current_[i] += weights_[i];
      total += weights_[i];
      if (!best || current_[i] > current_[*best]) best = i;
    }
    if (best) current_[*best] -= total;
    return best;
  }

  /// The snapshot changes: what stays keeps its current weight.
  void change(std::vector<std::uint32_t> weights, const std::vector<std::uint32_t>& from) {
    std::vector<std::int64_t> current(weights.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (from[i] != kNoMember) current[i] = current_[from[i]];
    }
    weights_ = std::move(weights);
    current_ = std::move(current);
  }
  std::size_t size() const { return weights_.size(); }

 private:
  std::vector<std::uint32_t> weights_;
  std::vector<std::int64_t> current_;
};

class SmoothWeightedTest : public BalancerFixture<SmoothWeighted> {
 protected:
  Indices random_weights(std::uint32_t most_members, std::uint32_t most_weight) {
    Indices weights(1 + below(most_members));
    for (auto& weight : weights) weight = 1 + below(most_weight);
    return weights;
  }
  /// Random picks, failures, recoveries and retries, beside the reference.
  void expect_as_nginx(Reference& reference, int steps) {
    for (int step = 0; step < steps; ++step) {
      if (below(8) == 0) {
        const std::uint32_t index = below(loads_.size());
        usable(index, !loads_[index].usable);
      }
      Indices tried;
      while (below(8) == 0) tried.push_back(below(loads_.size()));
      ASSERT_EQ(try_pick(tried), reference.pick(loads_, tried)) << "step " << step;
    }
  }
};

TEST_F(SmoothWeightedTest, ManyGatewaysBeginAllOverTheCycle) {
  constexpr std::uint32_t kMembers = 10'000;
  std::set<std::uint32_t> tenths;
  for (int gateway = 0; gateway < 100; ++gateway) {
    endpoints(Indices(kMembers, 1), bits());
    tenths.insert(pick() / (kMembers / 10));
  }
  EXPECT_EQ(tenths.size(), 10u);
}

TEST_F(SmoothWeightedTest, PicksInTheOrderOfNginxsExample) {
  endpoints({5, 1, 1});
  EXPECT_THAT(picks(7), ElementsAre(0, 0, 1, 0, 2, 0, 0));
}

TEST_F(SmoothWeightedTest, PicksWhatARealNginxPicked) {
  std::ifstream recorded(PENSTOCK_SOURCE_DIR "/tests/golden/nginx_smooth.txt");
  int lines = 0;
  for (std::string line; std::getline(recorded, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream weights(line.substr(0, line.find(':')));
    std::istringstream picked(line.substr(line.find(':') + 1));
    const Indices expected(std::istream_iterator<std::uint32_t>(picked), {});
    endpoints(Indices(std::istream_iterator<std::uint32_t>(weights), {}));
    EXPECT_EQ(picks(static_cast<int>(expected.size())), expected) << line;
    ++lines;
  }
  EXPECT_GE(lines, 3);
}

TEST_F(SmoothWeightedTest, PicksAsNginxDoesWhileEndpointsFailAndRequestsAreRetried) {
  for (const std::uint32_t most_weight : {1, 3, 10, 100, 65'535}) {
    for (int round = 0; round < 20; ++round) {
      const Indices weights = random_weights(40, most_weight);
      endpoints(weights);
      Reference reference(weights);
      expect_as_nginx(reference, 2000);
    }
  }
}

TEST_F(SmoothWeightedTest, PicksAsNginxDoesAmongManyDifferentWeights) {
  Indices weights(1000);
  for (auto& weight : weights) weight = 1 + below(65'535);
  endpoints(weights);
  Reference reference(weights);
  expect_as_nginx(reference, 5000);
}

TEST_F(SmoothWeightedTest, CarriesWhatMembersGainedOrOweIntoTheNextSnapshot) {
  endpoints({3, 5, 1, 2});
  Reference reference({3, 5, 1, 2});
  for (int change = 0; change < 300; ++change) {
    expect_as_nginx(reference, 50);
    // Some leave, some are new, the weights of some have changed, and the order is another.
    const Indices weights = random_weights(12, 6);
    Indices from(weights.size(), kNoMember);
    std::set<std::uint32_t> stay;
    for (auto& index : from) {
      const std::uint32_t old = below(reference.size());
      if (below(3) != 0 && stay.insert(old).second) index = old;
    }
    snapshot(weights, from);
    reference.change(weights, from);
  }
}

TEST_F(SmoothWeightedTest, GoesOnAsNginxDoesAfterAMillionPicks) {
  endpoints({5, 3, 1, 1, 3});
  Reference reference({5, 3, 1, 1, 3});
  for (int i = 0; i < 1'100'000; ++i) ASSERT_EQ(pick(), reference.pick(loads_, {})) << i;
}

TEST_F(SmoothWeightedTest, CountsAreExactAfterEachCycle) {
  for (int round = 0; round < 50; ++round) {
    const Indices weights = random_weights(20, 20);
    endpoints(weights);
    const auto total = static_cast<int>(std::accumulate(weights.begin(), weights.end(), 0u));
    const auto count = counts(3 * total);
    for (std::size_t i = 0; i < weights.size(); ++i) ASSERT_EQ(count[i], 3 * weights[i]);
  }
}

TEST_F(SmoothWeightedTest, NobodyIsEverTwoPicksAheadOrBehind) {
  for (int round = 0; round < 50; ++round) {
    const Indices weights = random_weights(20, 20);
    endpoints(weights);
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<double> count(weights.size());
    for (double picks = 1; picks <= sum; ++picks) {
      ++count[pick()];
      for (std::size_t i = 0; i < weights.size(); ++i) ASSERT_LT(std::abs(count[i] - picks * weights[i] / sum), 2);
    }
  }
}

TEST_F(SmoothWeightedTest, RebuildingItBetweenPicksChangesNothing) {
  endpoints({5, 3, 1, 1});
  std::vector<int> count(4);
  for (int i = 0; i < 1000; ++i) {
    ++count[pick()];
    rebuild();
  }
  EXPECT_THAT(count, ElementsAre(500, 300, 100, 100));
}

TEST_F(SmoothWeightedTest, WorkersBeginAtDifferentPlacesOfTheCycle) {
  std::set<Indices> sequences;
  for (int worker = 0; worker < 100; ++worker) {
    endpoints({5, 3, 1, 1}, bits());
    sequences.insert(picks(10));
  }
  EXPECT_EQ(sequences.size(), 10u);
}

TEST_F(SmoothWeightedTest, WhoeverIsTriedIsNotPicked) {
  endpoints({9, 1});
  EXPECT_EQ(pick({0}), 1u);
  EXPECT_FALSE(try_pick({0, 1, 0}));
  EXPECT_EQ(pick({0, 77}), 1u);
}

TEST_F(SmoothWeightedTest, HasNoAnswerWhenNothingIsUsable) {
  endpoints({2, 1});
  usable(0, false);
  EXPECT_THAT(picks(3), Each(1));
  usable(1, false);
  EXPECT_FALSE(try_pick());
}

TEST_F(SmoothWeightedTest, AnEndpointInSlowStartTakesItsPartOfItsTurns) {
  endpoints({3, 3, 4});
  share(2, 0.25);
  const auto count = counts(70'000);
  EXPECT_NEAR(count[0], 30'000, 300);
  EXPECT_NEAR(count[1], 30'000, 300);
  EXPECT_NEAR(count[2], 10'000, 400);
}

TEST_F(SmoothWeightedTest, AloneAnEndpointInSlowStartTakesEverything) {
  endpoints({1});
  share(0, 0.01);
  EXPECT_THAT(picks(100), Each(0));
}

}  // namespace
}  // namespace penstock::balancers
