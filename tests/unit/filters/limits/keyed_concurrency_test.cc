#include "gateway/filters/limits/keyed_concurrency.h"

#include "tests/unit/filters/limits/limit_fixture.h"

namespace penstock::filters {
namespace {

class KeyedConcurrencyLimitTest : public LimitTest {
 protected:
  KeyedConcurrencyLimitTest() : LimitTest(conf::LimitKind::concurrency) {
    config.limit = 2;
    config.key = kByClient;
  }
};

TEST_F(KeyedConcurrencyLimitTest, EachKeyHasSoManyPlaces) {
  Hold first, second, other;
  EXPECT_EQ(ask(first).decision, Decision::pass);
  EXPECT_EQ(ask(second).decision, Decision::pass);
  EXPECT_EQ(ask().decision, Decision::refuse);
  from("192.0.2.2");
  EXPECT_EQ(ask(other).decision, Decision::pass);
  EXPECT_EQ(levels().busy_keys, 2u);
  EXPECT_EQ(levels().limit, 2u);
}

TEST_F(KeyedConcurrencyLimitTest, WhoEndsLeavesAPlaceToHisOwnKey) {
  Hold first, second, other, again;
  ask(first);
  ask(second);
  from("192.0.2.2");
  ask(other);
  end(other);
  from("192.0.2.1");
  EXPECT_EQ(ask().decision, Decision::refuse);
  end(first);
  EXPECT_EQ(ask(again).decision, Decision::pass);
}

TEST_F(KeyedConcurrencyLimitTest, WhoIsRefusedTakesNoPlace) {
  Hold first, second, again;
  ask(first);
  ask(second);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask().decision, Decision::refuse);
  end(second);
  EXPECT_EQ(ask(again).decision, Decision::pass);
}

TEST_F(KeyedConcurrencyLimitTest, NobodyIsBusyOnceAllHaveEnded) {
  Hold first, second;
  ask(first);
  ask(second);
  end(first);
  end(second);
  EXPECT_EQ(levels().busy_keys, 0u);
}

TEST_F(KeyedConcurrencyLimitTest, WhoTakesTooManyHasHimselfToBlame) {
  Hold first, second;
  ask(first);
  ask(second);
  EXPECT_EQ(ask().retry_after, kSoon);
  EXPECT_TRUE(limit().is_clients_fault());
}

TEST_F(KeyedConcurrencyLimitTest, LeavingTheKeyOutIsNoWayAround) {
  config.key = {{conf::RequestKey::From::header, "x-api-key"}};
  Hold first, second, with_key;
  ask(first);
  ask(second);
  EXPECT_EQ(ask().decision, Decision::refuse);
  head.fields.push_back({"X-Api-Key", "a"});
  EXPECT_EQ(ask(with_key).decision, Decision::pass);
}

}  // namespace
}  // namespace penstock::filters
