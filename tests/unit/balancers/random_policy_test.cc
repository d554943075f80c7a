#include "balancers/random_policy.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "balancers/draw.h"
#include "tests/unit/balancers/balancer_fixture.h"

namespace penstock::balancers {
namespace {

using testing::Each;

class RandomTest : public BalancerFixture<Random> {};
class WeightedRandomTest : public BalancerFixture<WeightedRandom> {};

TEST(Draw, LeavesOutTheValuesThatWouldMakeSomeNumbersLikelier) {
  // 2^64 mod 3 = 1: of the products' lower halves, 0 is one too many.
  EXPECT_EQ(draw(0, 3).number, draw(mix(0), 3).number);
  EXPECT_EQ(draw(~std::uint64_t{0}, 3).number, 2u);
  EXPECT_EQ(draw(~std::uint64_t{0}, 1).number, 0u);
}

TEST_F(RandomTest, PicksEachAsOftenWhateverTheWeights) {
  endpoints({1, 2, 3, 4, 5, 6, 7});
  EXPECT_LT(chi_square_sigmas(counts(1'000'000), {1, 1, 1, 1, 1, 1, 1}), 5);
}

TEST_F(RandomTest, AThousandDrawsAmongAThousandFallAsIndependentOnesDo) {
  endpoints(std::vector<std::uint32_t>(1000, 1));
  double fullest = 0;
  for (int run = 0; run < 20; ++run) {
    const auto count = counts(1000);
    fullest += static_cast<double>(*std::max_element(count.begin(), count.end())) / 20;
  }
  EXPECT_NEAR(fullest, 5.5, 0.7);
}

TEST_F(RandomTest, FindsTheOnlyUsableOneAmongTenThousand) {
  endpoints(std::vector<std::uint32_t>(10'000, 1));
  for (std::uint32_t i = 0; i < 10'000; ++i) usable(i, i == 4'321);
  EXPECT_THAT(picks(100), Each(4'321));
}

TEST_F(RandomTest, PicksEachOfTheUsableAsOftenAfterSomeHaveComeBack) {
  endpoints({1, 1, 1, 1, 1});
  for (const std::uint32_t index : {0, 3, 4}) usable(index, false);
  usable(4, true);
  EXPECT_LT(chi_square_sigmas(counts(100'000), {0, 1, 1, 0, 1}), 5);
}

TEST_F(RandomTest, NeverPicksWhatWasTried) {
  endpoints({1, 1, 1});
  for (int i = 0; i < 200; ++i) EXPECT_EQ(pick({0, 2}), 1u);
  EXPECT_FALSE(try_pick({2, 1, 0}));
}

TEST_F(RandomTest, AnEndpointInSlowStartTakesItsPart) {
  endpoints({1, 1, 1});
  share(1, 0.25);
  EXPECT_LT(chi_square_sigmas(counts(200'000), {4, 1, 4}), 5);
}

TEST_F(RandomTest, AloneAnEndpointInSlowStartTakesEverything) {
  endpoints({1});
  share(0, 0.001);
  EXPECT_THAT(picks(100), Each(0));
}

TEST_F(WeightedRandomTest, PicksByWeight) {
  const std::vector<std::uint32_t> weights = {1, 2, 3, 4, 5, 6, 7};
  endpoints(weights);
  const auto count = counts(1'000'000);
  EXPECT_LT(chi_square_sigmas(count, weights), 5);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double p = weights[i] / 28.0;
    EXPECT_NEAR(static_cast<double>(count[i]) / (1e6 * p), 1, 4 * std::sqrt((1 - p) / (p * 1e6)));
  }
}

TEST_F(WeightedRandomTest, PicksTheUsableByWeightWhenMostOfTheWeightIsDown) {
  endpoints({1000, 1, 2, 3});
  usable(0, false);
  EXPECT_LT(chi_square_sigmas(counts(200'000), {0, 1, 2, 3}), 5);
  usable(0, true);
  usable(3, false);
  EXPECT_LT(chi_square_sigmas(counts(200'000), {1000, 1, 2, 0}), 5);
}

TEST_F(WeightedRandomTest, WhatWasTriedIsOutForThisRequestOnly) {
  endpoints({1000, 1, 2});
  std::vector<std::uint64_t> count(3);
  for (int i = 0; i < 100'000; ++i) ++count[pick({0})];
  EXPECT_LT(chi_square_sigmas(count, {0, 1, 2}), 5);
  EXPECT_LT(chi_square_sigmas(counts(100'000), {1000, 1, 2}), 5);
}

TEST_F(WeightedRandomTest, HasNoAnswerWhenNothingIsLeft) {
  endpoints({5, 1});
  usable(0, false);
  EXPECT_EQ(pick({0, 9}), 1u);
  EXPECT_FALSE(try_pick({1, 1}));
  EXPECT_EQ(pick(), 1u);
}

TEST_F(WeightedRandomTest, AnEndpointInSlowStartTakesItsPartOfItsWeight) {
  endpoints({2, 4, 2});
  share(1, 0.25);
  EXPECT_LT(chi_square_sigmas(counts(200'000), {2, 1, 2}), 5);
}

TEST_F(WeightedRandomTest, AloneAnEndpointInSlowStartTakesEverything) {
  endpoints({3});
  share(0, 0.001);
  EXPECT_THAT(picks(100), Each(0));
}

}  // namespace
}  // namespace penstock::balancers
