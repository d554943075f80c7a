#include "balancers/round_robin.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace penstock::balancers {
namespace {

std::vector<std::uint32_t> picks(std::span<const Load> loads, int count, std::uint64_t first_turn = 0) {
  RoundRobin balancer;
  std::vector<std::uint32_t> result;
  for (int i = 0; i < count; ++i) result.push_back(balancer.pick(loads, {.turn = first_turn + i}).value());
  return result;
}

TEST(RoundRobin, GivesEachEndpointItsTurn) {
  std::vector<Load> loads(3);
  EXPECT_EQ(picks(loads, 6), (std::vector<std::uint32_t>{0, 1, 2, 0, 1, 2}));
}

TEST(RoundRobin, StartsWhereTheWorkerSays) {
  std::vector<Load> loads(3);
  EXPECT_EQ(picks(loads, 3, 5), (std::vector<std::uint32_t>{2, 0, 1}));
}

TEST(RoundRobin, PassesOverWhatIsNotUsable) {
  std::vector<Load> loads(3);
  loads[1].usable = false;
  for (std::uint32_t pick : picks(loads, 9)) EXPECT_NE(pick, 1u);
}

TEST(RoundRobin, NeverReturnsToAnEndpointThatTheRequestHasTried) {
  std::vector<Load> loads(2);
  const std::array<std::uint32_t, 1> tried = {0};
  RoundRobin balancer;
  for (std::uint64_t turn = 0; turn < 4; ++turn) {
    EXPECT_EQ(balancer.pick(loads, {.turn = turn, .tried = tried}), 1u);
  }
}

TEST(RoundRobin, HasNoAnswerWhenNothingIsLeft) {
  RoundRobin balancer;
  EXPECT_FALSE(balancer.pick({}, {}));
  std::vector<Load> loads(1);
  loads[0].usable = false;
  EXPECT_FALSE(balancer.pick(loads, {}));
}

}  // namespace
}  // namespace penstock::balancers
