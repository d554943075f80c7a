#include "gateway/filters/limits/token_bucket.h"

#include "tests/unit/filters/limits/limit_fixture.h"

namespace penstock::filters {
namespace {

class TokenBucketLimitTest : public LimitTest {
 protected:
  TokenBucketLimitTest() : LimitTest(conf::LimitKind::token_bucket) { rate(10, 5); }
  void rate(std::uint32_t per_second, std::uint32_t burst) {
    config.rate = {per_second, conf::milliseconds(1000)};
    config.burst = burst;
  }
};

TEST_F(TokenBucketLimitTest, ItsBurstPassesAtOnceAndThenItsRate) {
  EXPECT_EQ(passed(7), 5);
  pass_time(kNanosPerSecond / 10);
  EXPECT_EQ(passed(2), 1);
  pass_time(kNanosPerSecond);
  EXPECT_EQ(passed(7), 5) << "no more than the burst is saved up";
}

TEST_F(TokenBucketLimitTest, ACostlyRequestTakesMore) {
  cost = 4;
  EXPECT_EQ(ask().remaining, 1u);
  EXPECT_EQ(passed(1), 0);
  cost = 1;
  EXPECT_EQ(passed(2), 1);
}

TEST_F(TokenBucketLimitTest, WhatCostsMoreThanTheBurstNeverPasses) {
  cost = 6;
  EXPECT_EQ(ask().retry_after, limiters::kNever);
}

TEST_F(TokenBucketLimitTest, WhoIsRefusedIsToldWhenToComeBack) {
  EXPECT_EQ(passed(5), 5);
  const Ruling refused = ask();
  EXPECT_EQ(refused.decision, Decision::refuse);
  pass_time(refused.retry_after - 1'000);
  EXPECT_EQ(passed(1), 0);
  pass_time(2'000);
  EXPECT_EQ(passed(1), 1);
  EXPECT_TRUE(limit().is_clients_fault());
}

TEST_F(TokenBucketLimitTest, ItsPolicyIsTheBurstAndTheTimeInWhichThatIsEarned) {
  config.rate = {6, conf::milliseconds(60'000)};
  config.burst = 3;
  EXPECT_EQ(limit().policy(), "\"name\";q=3;w=30");
  EXPECT_EQ(limit().quota(), 3u);
}

TEST_F(TokenBucketLimitTest, ThatTimeIsWholeSecondsAndOneAtLeast) {
  EXPECT_EQ(limit().policy(), "\"name\";q=5;w=1");
  rate(10, 11);
  reload();
  EXPECT_EQ(limit().policy(), "\"name\";q=11;w=2");
}

TEST_F(TokenBucketLimitTest, EachKeyHasABucketUntilItIsFullAgain) {
  config.key = kByClient;
  EXPECT_EQ(passed(6), 5);
  from("192.0.2.2");
  EXPECT_EQ(passed(6), 5);
  EXPECT_EQ(levels().busy_keys, 2u);
  pass_time(kNanosPerSecond);
  EXPECT_EQ(levels().busy_keys, 0u);
}

TEST_F(TokenBucketLimitTest, AfterAReloadAsManyAreOwedAsBefore) {
  EXPECT_EQ(passed(4), 4);
  rate(20, 10);
  reload();
  EXPECT_EQ(passed(8), 6);
}

TEST_F(TokenBucketLimitTest, AfterAReloadSoItIsForEachKey) {
  config.key = kByClient;
  EXPECT_EQ(passed(4), 4);
  rate(10, 6);
  reload();
  EXPECT_EQ(passed(4), 2);
  from("192.0.2.2");
  EXPECT_EQ(passed(8), 6);
}

TEST_F(TokenBucketLimitTest, AnotherKeyBeginsAnewEvenOfTheSameValue) {
  head.fields = {{"X-User", "7"}, {"X-Tenant", "7"}};
  config.key = {{conf::RequestKey::From::header, "x-user"}};
  EXPECT_EQ(passed(5), 5);
  config.key[0].name = "x-tenant";
  reload();
  EXPECT_EQ(passed(6), 5);
}

TEST_F(TokenBucketLimitTest, AnotherKindOfLimitTeachesItNothing) {
  config.kind = conf::LimitKind::sliding_window;
  config.limit = 5;
  config.window = conf::milliseconds(60'000);
  EXPECT_EQ(passed(6), 5);
  config.kind = conf::LimitKind::token_bucket;
  reload();
  EXPECT_EQ(passed(6), 5);
}

TEST_F(TokenBucketLimitTest, TheNextProcessOwesTheSame) {
  config.key = kByClient;
  EXPECT_EQ(passed(4), 4);
  upgrade();
  EXPECT_EQ(passed(2), 1);
}

TEST_F(TokenBucketLimitTest, MemoryThatCanNotBeIsNotBelieved) {
  const std::string full(8, '\x7f');
  for (const auto& key : {std::vector<conf::RequestKey>(), kByClient}) {
    config.key = key;
    for (const std::string& memory : {std::string(), std::string(3, 'x'), full + full}) {
      upgrade_to(memory);
      EXPECT_EQ(passed(6), 5) << memory.size();
    }
  }
}

}  // namespace
}  // namespace penstock::filters
