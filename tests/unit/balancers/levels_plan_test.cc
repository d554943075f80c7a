#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "balancers/levels.h"

namespace penstock::balancers {
namespace {

/// Levels of 100 endpoints, so many of which are usable.
std::vector<LevelHealth> usable(std::initializer_list<double> counts) {
  std::vector<LevelHealth> levels;
  for (const double count : counts) levels.push_back({.usable = count, .total = 100, .needed = 100});
  return levels;
}

/// In percent as Envoy's documentation prints them: rounded, the last one having the rest.
std::vector<int> percents(const std::vector<LevelPlan>& plan) {
  std::vector<int> result;
  for (const LevelPlan& level : plan) result.push_back(static_cast<int>(std::lround(100.0 * level.share / kAllOfIt)));
  result.back() = 100 - std::accumulate(result.begin(), result.end() - 1, 0);
  return result;
}

std::vector<int> traffic(std::initializer_list<double> counts) {
  return percents(plan_levels(usable(counts), 0.5));
}

std::vector<bool> panics(const std::vector<LevelHealth>& levels, double threshold = 0.5) {
  std::vector<bool> result;
  for (const LevelPlan& level : plan_levels(levels, threshold)) result.push_back(level.panic);
  return result;
}

TEST(PlanLevels, SpreadsTheWorkAsEnvoysTableSays) {
  EXPECT_EQ(traffic({72, 100}), (std::vector{100, 0}));
  EXPECT_EQ(traffic({71, 100}), (std::vector{99, 1}));
  EXPECT_EQ(traffic({50, 100}), (std::vector{70, 30}));
  EXPECT_EQ(traffic({25, 100}), (std::vector{35, 65}));
  EXPECT_EQ(traffic({25, 25}), (std::vector{50, 50}));
  EXPECT_EQ(traffic({5, 65}), (std::vector{7, 93}));
  EXPECT_EQ(traffic({25, 25, 20}), (std::vector{36, 36, 28}));
}

TEST(PlanLevels, ALevelPanicsOnlyIfWorkIsLeftOverAndFewOfItAreUsable) {
  EXPECT_EQ(panics(usable({72, 100})), (std::vector{false, false}));
  EXPECT_EQ(panics(usable({25, 100})), (std::vector{false, false}));
  EXPECT_EQ(panics(usable({25, 25})), (std::vector{true, true}));
  EXPECT_EQ(panics(usable({5, 65})), (std::vector{true, false}));
  EXPECT_EQ(panics(usable({25, 25}), 0), (std::vector{false, false}));
}

TEST(PlanLevels, SharesAddUpToAllOfIt) {
  for (double first = 0; first <= 100; first += 7) {
    for (double second = 0; second <= 100; second += 9) {
      const auto plan = plan_levels(usable({first, second, 3}), 0.5);
      EXPECT_EQ(plan[0].share + plan[1].share + plan[2].share, kAllOfIt);
    }
  }
}

TEST(PlanLevels, WithNothingUsableAndNoPanicThereIsNothingToShare) {
  for (const LevelPlan& level : plan_levels(usable({0, 0}), 0)) EXPECT_EQ(level.share, 0u);
}

TEST(PlanLevels, WithNothingUsableAllPanicAndTakeBySize) {
  const std::vector<LevelHealth> levels = {{0, 30, 30}, {0, 10, 10}};
  EXPECT_EQ(percents(plan_levels(levels, 0.5)), (std::vector{75, 25}));
  EXPECT_EQ(panics(levels), (std::vector{true, true}));
}

TEST(PlanLevels, ALevelWithoutEndpointsNeitherPanicsNorTakes) {
  const std::vector<LevelHealth> levels = {{0, 0, 0}, {0, 10, 10}};
  EXPECT_EQ(percents(plan_levels(levels, 0.5)), (std::vector{0, 100}));
  EXPECT_EQ(panics(levels), (std::vector{false, true}));
}

TEST(PlanLevels, AZoneLargerThanItsPartOfTheWorkKeepsItAllForLonger) {
  const std::vector<LevelHealth> levels = {{.usable = 40, .total = 100, .needed = 50}, {100, 100, 100}};
  EXPECT_EQ(percents(plan_levels(levels, 0.5)), (std::vector{100, 0}));
}

TEST(PlanLevels, OfNoLevelsThereIsNoPlan) {
  EXPECT_TRUE(plan_levels({}, 0.5).empty());
}

}  // namespace
}  // namespace penstock::balancers
