#include "gateway/filters/limits/sliding_window.h"

#include "tests/unit/filters/limits/limit_fixture.h"

namespace penstock::filters {
namespace {

class SlidingWindowLimitTest : public LimitTest {
 protected:
  SlidingWindowLimitTest() : LimitTest(conf::LimitKind::sliding_window) {
    config.limit = 10;
    config.window = conf::milliseconds(60'000);
  }
  static constexpr Nanos kWindow = 60 * kNanosPerSecond;
};

TEST_F(SlidingWindowLimitTest, AsTheWindowSlidesWhatPassedIsForgotten) {
  EXPECT_EQ(passed(12), 10);
  pass_time(kWindow);
  EXPECT_EQ(passed(12), 0);
  pass_time(kWindow / 2);
  EXPECT_EQ(passed(12), 5);
}

TEST_F(SlidingWindowLimitTest, EachRequestIsOneWhateverItsCost) {
  cost = 7;
  EXPECT_EQ(passed(12), 10);
}

TEST_F(SlidingWindowLimitTest, ItsPolicyIsTheLimitAndTheWindow) {
  EXPECT_EQ(limit().policy(), "\"name\";q=10;w=60");
  EXPECT_EQ(limit().quota(), 10u);
  EXPECT_TRUE(limit().is_clients_fault());
}

TEST_F(SlidingWindowLimitTest, WhoPassesIsToldWhatIsLeftAndWhoIsRefusedWhenToComeBack) {
  const Ruling first = ask();
  EXPECT_TRUE(first.tells);
  EXPECT_EQ(first.remaining, 9u);
  EXPECT_EQ(first.reset_after, 2 * kWindow);
  passed(9);
  const Ruling refused = ask();
  EXPECT_EQ(refused.remaining, 0u);
  pass_time(refused.retry_after);
  EXPECT_EQ(passed(2), 1);
}

TEST_F(SlidingWindowLimitTest, EachKeyHasACountUntilTwoWindowsHavePassed) {
  config.key = kByClient;
  EXPECT_EQ(passed(12), 10);
  from("192.0.2.2");
  EXPECT_EQ(passed(12), 10);
  pass_time(kWindow);
  EXPECT_EQ(levels().busy_keys, 2u);
  pass_time(kWindow);
  EXPECT_EQ(levels().busy_keys, 0u);
}

TEST_F(SlidingWindowLimitTest, AfterAReloadTheCountGoesOnIfTheWindowStays) {
  EXPECT_EQ(passed(8), 8);
  config.limit = 12;
  reload();
  EXPECT_EQ(passed(8), 4);
  config.limit = 5;
  reload();
  EXPECT_EQ(passed(8), 0);
}

TEST_F(SlidingWindowLimitTest, AnotherWindowBeginsAnew) {
  now = 10 * kNanosPerSecond;  // both are in their first one
  EXPECT_EQ(passed(10), 10);
  config.window = conf::milliseconds(30'000);
  reload();
  EXPECT_EQ(passed(12), 10);
}

TEST_F(SlidingWindowLimitTest, TheNextProcessCountsOn) {
  EXPECT_EQ(passed(8), 8);
  upgrade();
  EXPECT_EQ(passed(8), 2);
}

}  // namespace
}  // namespace penstock::filters
