#include "gateway/filters/limits/fixed_window.h"

#include "tests/unit/filters/limits/limit_fixture.h"

namespace penstock::filters {
namespace {

class FixedWindowLimitTest : public LimitTest {
 protected:
  FixedWindowLimitTest() : LimitTest(conf::LimitKind::fixed_window) {
    config.limit = 10;
    config.window = std::chrono::hours(24);
  }
  static constexpr std::uint64_t kDay_ms = 86'400'000;
  static constexpr Nanos kDay = kDay_ms * kNanosPerMilli;
};

TEST_F(FixedWindowLimitTest, ADayEndsAtMidnightByTheClockOnTheWall) {
  now += kDay / 3;  // when the machine was started is no matter
  unix_ms += kDay_ms - 1;
  EXPECT_EQ(passed(12), 10);
  unix_ms += 1;
  EXPECT_EQ(passed(12), 10);
}

TEST_F(FixedWindowLimitTest, WhoIsRefusedIsToldWhenTheNextOneBegins) {
  unix_ms += kDay_ms / 4;
  EXPECT_EQ(passed(10), 10);
  const Ruling refused = ask();
  EXPECT_EQ(refused.decision, Decision::refuse);
  EXPECT_EQ(refused.retry_after, kDay / 4 * 3);
  EXPECT_EQ(refused.reset_after, kDay / 4 * 3);
}

TEST_F(FixedWindowLimitTest, EachRequestIsOneWhateverItsCost) {
  cost = 7;
  EXPECT_EQ(ask().remaining, 9u);
}

TEST_F(FixedWindowLimitTest, ItsPolicyIsTheLimitAndTheWindow) {
  EXPECT_EQ(limit().policy(), "\"name\";q=10;w=86400");
  EXPECT_EQ(limit().quota(), 10u);
  EXPECT_TRUE(limit().is_clients_fault());
}

TEST_F(FixedWindowLimitTest, EachKeyHasACountUntilTheWindowEnds) {
  config.key = kByClient;
  EXPECT_EQ(passed(12), 10);
  from("192.0.2.2");
  EXPECT_EQ(passed(12), 10);
  EXPECT_EQ(levels().busy_keys, 2u);
  unix_ms += kDay_ms;
  EXPECT_EQ(levels().busy_keys, 0u);
}

TEST_F(FixedWindowLimitTest, AfterAReloadTheCountGoesOnIfTheWindowStays) {
  EXPECT_EQ(passed(8), 8);
  config.limit = 12;
  reload();
  EXPECT_EQ(passed(8), 4);
}

// A count above the limit was taken for four billion requests that are left.
TEST_F(FixedWindowLimitTest, AReloadThatLowersItBelowTheCountRefusesUntilTheWindowEnds) {
  EXPECT_EQ(passed(10), 10);
  config.limit = 5;
  reload();
  EXPECT_EQ(ask().remaining, 0u);
  EXPECT_EQ(passed(8), 0);
  unix_ms += kDay_ms;
  EXPECT_EQ(passed(8), 5);
}

TEST_F(FixedWindowLimitTest, AnotherWindowBeginsAnew) {
  unix_ms = 1'000;  // both are in their first one
  EXPECT_EQ(passed(10), 10);
  config.window = std::chrono::hours(1);
  reload();
  EXPECT_EQ(passed(12), 10);
}

TEST_F(FixedWindowLimitTest, TheNextProcessCountsOn) {
  EXPECT_EQ(passed(8), 8);
  upgrade();
  EXPECT_EQ(passed(8), 2);
}

}  // namespace
}  // namespace penstock::filters
