#include "balancers/round_robin.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/unit/balancers/balancer_fixture.h"

namespace penstock::balancers {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Ne;

class RoundRobinTest : public BalancerFixture<RoundRobin> {};

TEST_F(RoundRobinTest, GivesEachEndpointItsTurn) {
  endpoints({1, 1, 1});
  EXPECT_THAT(picks(7), ElementsAre(0, 1, 2, 0, 1, 2, 0));
}

TEST_F(RoundRobinTest, TakesNoNoticeOfWeights) {
  endpoints({5, 1});
  EXPECT_THAT(picks(4), ElementsAre(0, 1, 0, 1));
}

TEST_F(RoundRobinTest, BeginsWhereItsRandomNumberSays) {
  endpoints({1, 1, 1}, 5);
  EXPECT_THAT(picks(3), ElementsAre(2, 0, 1));
}

TEST_F(RoundRobinTest, WorkersBeginAtDifferentEndpoints) {
  std::set<std::uint32_t> first;
  for (int worker = 0; worker < 64; ++worker) {
    endpoints(std::vector<std::uint32_t>(10, 1), bits());
    first.insert(pick());
  }
  EXPECT_EQ(first.size(), 10u);
}

TEST_F(RoundRobinTest, PassesOverWhatIsNotUsable) {
  endpoints({1, 1, 1});
  usable(1, false);
  EXPECT_THAT(picks(4), ElementsAre(0, 2, 0, 2));
  usable(1, true);
  EXPECT_THAT(picks(3), ElementsAre(0, 1, 2));
}

TEST_F(RoundRobinTest, TheNeighbourOfAFailedEndpointDoesNotGetItsTurns) {
  endpoints({1, 1, 1, 1});
  usable(0, false);
  EXPECT_THAT(counts(300), ElementsAre(0, 100, 100, 100));
}

TEST_F(RoundRobinTest, FindsTheOnlyUsableOneAmongTenThousand) {
  endpoints(std::vector<std::uint32_t>(10'000, 1));
  for (std::uint32_t i = 0; i < 10'000; ++i) usable(i, i == 7'777);
  EXPECT_THAT(picks(3), Each(7'777));
}

TEST_F(RoundRobinTest, NeverReturnsToAnEndpointThatTheRequestHasTried) {
  endpoints({1, 1, 1});
  for (int i = 0; i < 6; ++i) EXPECT_THAT(pick({0}), Ne(0u));
  EXPECT_EQ(pick({0, 1}), 2u);
  EXPECT_FALSE(try_pick({0, 1, 2}));
}

TEST_F(RoundRobinTest, HasNoAnswerWhenNothingIsUsable) {
  endpoints({1});
  usable(0, false);
  EXPECT_FALSE(try_pick());
}

TEST_F(RoundRobinTest, TheNextInTurnStaysNextWhenEndpointsComeAndGo) {
  endpoints({1, 1, 1, 1});
  EXPECT_THAT(picks(2), ElementsAre(0, 1));
  snapshot({1, 1, 1, 1}, {kNoMember, 0, 1, 3});  // next was 2, which has gone
  EXPECT_THAT(picks(4), ElementsAre(3, 0, 1, 2));
}

TEST_F(RoundRobinTest, WrapsRoundToFindWhoIsNext) {
  endpoints({1, 1, 1});
  EXPECT_THAT(picks(2), ElementsAre(0, 1));
  snapshot({1, 1}, {1, 0});  // next was 2, which has gone; then 0, which is now 1
  EXPECT_THAT(picks(3), ElementsAre(1, 0, 1));
}

TEST_F(RoundRobinTest, TheOnlyOneThatStaysIsNextEvenIfItJustHadItsTurn) {
  endpoints({1, 1, 1});
  EXPECT_EQ(pick(), 0u);
  snapshot({1, 1, 1, 1, 1}, {kNoMember, kNoMember, 0, kNoMember, kNoMember});
  EXPECT_THAT(picks(3), ElementsAre(2, 3, 4));
}

TEST_F(RoundRobinTest, RebuildingItBetweenPicksChangesNothing) {
  endpoints(std::vector<std::uint32_t>(10, 1));
  std::vector<int> count(10);
  for (int i = 0; i < 1000; ++i) {
    ++count[pick()];
    rebuild();
  }
  EXPECT_THAT(count, Each(100));
}

TEST_F(RoundRobinTest, AnEndpointInSlowStartTakesItsPartAndTheOthersShareTheRest) {
  endpoints({1, 1, 1, 1});
  share(0, 0.25);
  const auto count = counts(13'000);
  EXPECT_NEAR(count[0], 1000, 100);
  for (const std::uint32_t other : {1, 2, 3}) EXPECT_NEAR(count[other], 4000, 60);
}

TEST_F(RoundRobinTest, AloneAnEndpointInSlowStartTakesEverything) {
  endpoints({1, 1});
  usable(1, false);
  share(0, 0.01);
  EXPECT_THAT(picks(100), Each(0));
}

TEST_F(RoundRobinTest, IfAllAreInSlowStartTheyShareEvenly) {
  endpoints({1, 1, 1, 1});
  for (std::uint32_t i = 0; i < 4; ++i) share(i, 0.1);
  EXPECT_LT(chi_square_sigmas(counts(20'000), {1, 1, 1, 1}), 5);
}

}  // namespace
}  // namespace penstock::balancers
