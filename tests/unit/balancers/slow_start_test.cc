#include "balancers/slow_start.h"

#include <gtest/gtest.h>

namespace penstock::balancers {
namespace {

constexpr std::uint64_t kWindow = 2'000'000'000;

double share_at(double part_of_window, SlowStart slow_start = {.window_ns = kWindow}) {
  return share_after(static_cast<std::uint64_t>(part_of_window * kWindow), slow_start) / double{kWholeShare};
}

TEST(SlowStart, BeginsWithTheLeastShare) {
  EXPECT_NEAR(share_at(0), 0.1, 0.001);
  EXPECT_NEAR(share_at(0.05), 0.1, 0.001);
}

TEST(SlowStart, GrowsEvenlyToTheWholeShare) {
  EXPECT_NEAR(share_at(0.5), 0.5, 0.001);
  EXPECT_EQ(share_at(1), 1);
  EXPECT_EQ(share_at(1000), 1);
}

TEST(SlowStart, GivesHalfTheSteadyShareOverItsWindow) {
  double sum = 0;
  for (int i = 0; i < 1000; ++i) sum += share_at(i / 1000.0) / 1000;
  EXPECT_NEAR(sum, 0.505, 0.505 * 0.03);
}

TEST(SlowStart, MoreAggressionIsFasterAtFirst) {
  EXPECT_NEAR(share_at(0.25, {.window_ns = kWindow, .aggression = 2}), 0.5, 0.001);
  EXPECT_NEAR(share_at(0.5, {.window_ns = kWindow, .min_share = 0.01, .aggression = 0.5}), 0.25, 0.001);
}

TEST(SlowStart, IsNeverNothing) {
  EXPECT_EQ(share_after(0, {.window_ns = kWindow, .min_share = 1e-9, .aggression = 0.1}), 1);
}

TEST(SlowStart, WithoutAWindowIsWholeAtOnce) {
  EXPECT_EQ(share_after(0, {}), kWholeShare);
}

}  // namespace
}  // namespace penstock::balancers
