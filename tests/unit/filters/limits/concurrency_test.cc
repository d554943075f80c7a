#include "gateway/filters/limits/concurrency.h"

#include <vector>

#include "tests/unit/filters/limits/limit_fixture.h"

namespace penstock::filters {
namespace {

class ConcurrencyLimitTest : public LimitTest {
 protected:
  ConcurrencyLimitTest() : LimitTest(conf::LimitKind::concurrency) { config.limit = 10; }

  /// So many more requests come and stay; returns how many have found a place.
  int stay(int requests) {
    int found = 0;
    for (int i = 0; i < requests; ++i) {
      Hold hold;
      if (ask(hold).decision != Decision::pass) continue;
      ++found;
      staying.push_back(std::move(hold));
    }
    return found;
  }
  std::vector<Hold> staying;
};

TEST_F(ConcurrencyLimitTest, SoManyAreUnderWayAndNoMore) {
  EXPECT_EQ(stay(12), 10);
  EXPECT_EQ(levels().in_flight, 10u);
  EXPECT_EQ(levels().limit, 10u);
}

TEST_F(ConcurrencyLimitTest, WhoEndsLeavesAPlace) {
  stay(10);
  end(staying[3]);
  EXPECT_EQ(staying[3].limit, nullptr);
  EXPECT_EQ(stay(2), 1);
}

TEST_F(ConcurrencyLimitTest, ThatThereIsNoPlaceIsNotTheClientsFault) {
  stay(10);
  const Ruling refused = ask();
  EXPECT_EQ(refused.decision, Decision::refuse);
  EXPECT_EQ(refused.retry_after, kSoon);
  EXPECT_FALSE(limit().is_clients_fault());
}

TEST_F(ConcurrencyLimitTest, ALowerClassLeavesItsShareFree) {
  reserve_share = 30;
  EXPECT_EQ(stay(12), 7);
  reserve_share = 0;
  EXPECT_EQ(stay(12), 3);
}

TEST_F(ConcurrencyLimitTest, NobodyGoesBeyondALimitThatSomebodyHasWritten) {
  beyond_share = 30;
  EXPECT_EQ(stay(14), 10);
}

TEST_F(ConcurrencyLimitTest, ItTellsNothingOfItself) {
  Hold hold;
  EXPECT_FALSE(ask(hold).tells);
  EXPECT_EQ(limit().policy(), "");
}

TEST_F(ConcurrencyLimitTest, WhatIsUnderWayDoesNotChangeItsProcess) {
  stay(10);
  EXPECT_EQ(limit().memory(), "");
  for (Hold& each : staying) end(each);
  upgrade();
  EXPECT_EQ(stay(12), 10);
}

}  // namespace
}  // namespace penstock::filters
