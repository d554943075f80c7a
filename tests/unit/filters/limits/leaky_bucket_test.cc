#include "gateway/filters/limits/leaky_bucket.h"

#include "tests/unit/filters/limits/limit_fixture.h"

namespace penstock::filters {
namespace {

class LeakyBucketLimitTest : public LimitTest {
 protected:
  LeakyBucketLimitTest() : LimitTest(conf::LimitKind::leaky_bucket) {
    config.rate = {10, conf::milliseconds(1000)};
    config.queue = 3;
  }
  static constexpr Nanos kApart = kNanosPerSecond / 10;

  /// One that must wait, and in milliseconds how long.
  std::uint64_t wait_of(Hold& hold) {
    const Ruling ruling = ask(hold);
    EXPECT_EQ(ruling.decision, Decision::wait);
    EXPECT_FALSE(ruling.for_place);
    return (ruling.wait + kNanosPerMilli / 2) / kNanosPerMilli;
  }
  void give_up(Hold& hold) { end(hold, {.gave_up = true}); }
};

TEST_F(LeakyBucketLimitTest, RequestsLeaveAtAnEvenRate) {
  Hold first, second, third;
  EXPECT_EQ(passed(1), 1);
  EXPECT_EQ(wait_of(first), 100u);
  EXPECT_EQ(wait_of(second), 200u);
  pass_time(kApart);
  EXPECT_EQ(wait_of(third), 200u);
}

TEST_F(LeakyBucketLimitTest, WhoFindsTheQueueFullIsToldWhenThereIsRoom) {
  Hold waiting[3];
  passed(1);
  for (Hold& each : waiting) wait_of(each);
  const Ruling refused = ask();
  EXPECT_EQ(refused.decision, Decision::refuse);
  EXPECT_NEAR(static_cast<double>(refused.retry_after), static_cast<double>(kApart), 1'000);
  EXPECT_TRUE(limit().is_clients_fault());
}

TEST_F(LeakyBucketLimitTest, NobodyWaitsLongerThanIsAllowed) {
  config.max_wait = conf::milliseconds(150);
  Hold first;
  passed(1);
  EXPECT_EQ(wait_of(first), 100u);
  EXPECT_EQ(ask().decision, Decision::refuse);
}

TEST_F(LeakyBucketLimitTest, ATurnThatIsGivenUpIsTheNextOnes) {
  Hold first, second, next;
  passed(1);
  wait_of(first);
  wait_of(second);
  give_up(first);
  EXPECT_EQ(wait_of(next), 100u);
}

TEST_F(LeakyBucketLimitTest, ATurnThatWasUsedIsNobodysAgain) {
  Hold first, second, next;
  passed(1);
  wait_of(first);
  wait_of(second);
  end(first);
  EXPECT_EQ(wait_of(next), 300u);
}

TEST_F(LeakyBucketLimitTest, ByKeyTheLastTurnIsGivenBackAndAnyOtherPasses) {
  config.key = kByClient;
  Hold first, second, next, last;
  passed(1);
  wait_of(first);
  wait_of(second);
  give_up(first);
  EXPECT_EQ(wait_of(next), 300u);
  give_up(next);
  EXPECT_EQ(wait_of(last), 300u);
}

TEST_F(LeakyBucketLimitTest, EachKeyHasAQueue) {
  config.key = kByClient;
  Hold first, other;
  passed(1);
  EXPECT_EQ(wait_of(first), 100u);
  from("192.0.2.2");
  EXPECT_EQ(passed(1), 1);
  EXPECT_EQ(wait_of(other), 100u);
  EXPECT_EQ(levels().busy_keys, 2u);
  pass_time(2 * kApart);
  EXPECT_EQ(levels().busy_keys, 0u);
}

TEST_F(LeakyBucketLimitTest, ItTellsNothingOfItself) {
  EXPECT_FALSE(ask().tells);
  EXPECT_EQ(limit().policy(), "");
  EXPECT_EQ(limit().quota(), 0u);
}

TEST_F(LeakyBucketLimitTest, InTheNextProcessTheQueueIsAsLong) {
  Hold first, second, third;
  passed(1);
  wait_of(first);
  wait_of(second);
  upgrade();
  EXPECT_EQ(wait_of(third), 300u);
}

}  // namespace
}  // namespace penstock::filters
