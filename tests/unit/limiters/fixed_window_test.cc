#include "limiters/fixed_window.h"

#include <gtest/gtest.h>

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kHour = 3'600'000'000'000;
constexpr std::uint64_t kDay = 24 * kHour;

struct DailyQuota : testing::Test {
  Verdict take(std::uint32_t cost = 1) { return quota.take(word, now, cost); }

  FixedWindow quota{10, kDay};
  FixedWindow::Word word{0};
  std::uint64_t now = 20'000 * kDay + 6 * kHour;
};

TEST_F(DailyQuota, IsGivenOnceADay) {
  EXPECT_EQ(take(10).remaining, 0u);
  EXPECT_FALSE(take().admitted);
  now += 18 * kHour - 1;
  EXPECT_FALSE(take().admitted);
  now += 1;
  EXPECT_TRUE(take().admitted);
}

TEST_F(DailyQuota, NamesTheEndOfTheDay) {
  take(8);
  EXPECT_EQ(take(3).retry_after_ns, 18 * kHour);
  EXPECT_EQ(take(2).reset_after_ns, 18 * kHour);
  EXPECT_EQ(take(11).retry_after_ns, kNever);
}

TEST_F(DailyQuota, IsForgottenWhenTheDayIsOver) {
  take();
  EXPECT_FALSE(quota.recovered(word, now));
  EXPECT_TRUE(quota.recovered(word, now + kDay));
}

TEST_F(DailyQuota, IsNotGivenAgainWhenTheClockStepsBack) {
  take(10);
  now -= 2 * kDay;
  EXPECT_FALSE(take().admitted);
  now += 3 * kDay;
  EXPECT_TRUE(take().admitted);
}

TEST_F(DailyQuota, IsNotGivenAgainToAWorkerWhoseClockLagsAtMidnight) {
  now = 20'001 * kDay + 1;
  take(10);
  now -= 2;
  EXPECT_FALSE(take().admitted);
  now += 2;
  EXPECT_FALSE(take().admitted);
}

// What was above the limit was taken for some four billion that are left.
TEST_F(DailyQuota, IsUsedUpIfItIsLoweredBelowWhatWasTaken) {
  take(8);
  quota = FixedWindow(5, kDay);
  EXPECT_FALSE(take().admitted);
  EXPECT_EQ(take().remaining, 0u);
  quota = FixedWindow(10, kDay);
  EXPECT_EQ(take().remaining, 1u) << "nothing is forgotten";
  now += kDay;
  EXPECT_TRUE(take().admitted);
}

TEST_F(DailyQuota, CountsToTheGreatestLimit) {
  quota = FixedWindow(~0u, kDay);
  EXPECT_EQ(take(~0u - 1).remaining, 1u);
  EXPECT_FALSE(take(2).admitted);
  EXPECT_TRUE(take(1).admitted);
}

}  // namespace
}  // namespace penstock::limiters
