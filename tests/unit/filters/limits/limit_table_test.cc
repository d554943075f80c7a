// The limits of a configuration, and of the one that replaces it. Requests' way through them: admission_test.cc.
#include "gateway/filters/limits/limit_table.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace penstock::filters {
namespace {

class LimitTableTest : public ::testing::Test {
 protected:
  conf::Config config;
  http::RequestHead head;
  IpAddress client = IpAddress::parse("192.0.2.1").value();
  Nanos now = 1'000 * kNanosPerSecond;

  LimitTableTest() {
    config.upstreams.resize(1);
    config.upstreams[0].name = "app";
    conf::Route& route = config.routes.emplace_back();
    route.id = "orders";
    route.upstream = 0;
  }
  static conf::Limit bucket(const std::string& name, std::uint32_t burst) {
    conf::Limit limit;
    limit.kind = conf::LimitKind::token_bucket;
    limit.name = name;
    limit.rate = {1, conf::milliseconds(3'600'000)};
    limit.burst = burst;
    return limit;
  }
  LimitTable table(const LimitTable* before = nullptr) const { return {config, 1, SipKey{1, 2}, before, now}; }
  int passed(const LimitTable& table, int requests) {
    int count = 0;
    for (int i = 0; i < requests; ++i) {
      Hold hold;
      count += table.all()[0]->ask({.now = now, .head = head, .client = client}, hold).decision == Decision::pass;
    }
    return count;
  }
};

TEST_F(LimitTableTest, ARoutesOwnLimitsComeBeforeItsUpstreams) {
  config.upstreams[0].limits = {bucket("all", 1)};
  config.routes[0].limits = {bucket("first", 1), bucket("second", 1)};
  const LimitTable limits = table();
  std::vector<std::string> titles;
  for (const Gate& gate : limits.gates(0)) titles.push_back(gate.limit->title());
  EXPECT_EQ(titles,
            (std::vector<std::string>{"the limit first of the route orders", "the limit second of the route orders",
                                      "the limit all of the upstream app"}));
}

TEST_F(LimitTableTest, RoutesShareTheirUpstreamsLimits) {
  config.upstreams[0].limits = {bucket("all", 1)};
  config.routes.push_back(config.routes[0]);
  const LimitTable limits = table();
  EXPECT_EQ(limits.all().size(), 1u);
  EXPECT_EQ(limits.gates(0)[0].limit, limits.gates(1)[0].limit);
  EXPECT_EQ(limits.gates(0)[0].classes, limits.gates(1)[0].classes);
}

TEST_F(LimitTableTest, ARouteThatIsNotKnownHasNone) {
  config.routes[0].limits = {bucket("one", 1)};
  const LimitTable limits = table();
  EXPECT_TRUE(limits.gates(1).empty());
  EXPECT_TRUE(limits.fallback_gates(1).empty());
}

TEST_F(LimitTableTest, AFallbackHasTheLimitsOfItsUpstreamAlone) {
  config.upstreams.emplace_back().limits = {bucket("others", 1)};
  config.routes[0].limits = {bucket("one", 1)};
  config.routes[0].fallback.emplace().upstream = 1;
  const LimitTable limits = table();
  ASSERT_EQ(limits.fallback_gates(0).size(), 1u);
  EXPECT_EQ(limits.fallback_gates(0)[0].limit->config().name, "others");
}

TEST_F(LimitTableTest, WhatIsTheSameAfterAReloadIsTheSameLimit) {
  config.routes[0].limits = {bucket("one", 2), bucket("two", 2)};
  const LimitTable before = table();
  std::reverse(config.routes[0].limits.begin(), config.routes[0].limits.end());
  const LimitTable after = table(&before);
  EXPECT_EQ(after.gates(0)[0].limit, before.gates(0)[1].limit);
  EXPECT_EQ(after.gates(0)[1].limit, before.gates(0)[0].limit);
}

TEST_F(LimitTableTest, WhatChangesInAReloadKnowsWhatTheOneBeforeKnew) {
  config.routes[0].limits = {bucket("one", 2)};
  const LimitTable before = table();
  EXPECT_EQ(passed(before, 2), 2);
  config.routes[0].limits[0].burst = 3;
  const LimitTable after = table(&before);
  EXPECT_NE(after.all()[0], before.all()[0]);
  EXPECT_EQ(passed(after, 3), 1);
}

TEST_F(LimitTableTest, ALimitOfAnotherNameOrPlaceIsAnother) {
  config.routes[0].limits = {bucket("one", 2)};
  const LimitTable before = table();
  EXPECT_EQ(passed(before, 2), 2);
  config.routes[0].limits[0].name = "renamed";
  EXPECT_EQ(passed(table(&before), 3), 2);
  config.routes[0].limits[0].name = "one";
  config.routes[0].id = "invoices";
  EXPECT_EQ(passed(table(&before), 3), 2);
}

TEST_F(LimitTableTest, OnlyAdaptiveLimitsWantTicks) {
  config.routes[0].limits = {bucket("one", 2)};
  EXPECT_FALSE(table().wants_ticks());
  config.upstreams[0].limits.emplace_back().kind = conf::LimitKind::adaptive;
  EXPECT_TRUE(table().wants_ticks());
}

TEST_F(LimitTableTest, MemoryGoesToTheLimitOfTheSameSettings) {
  config.routes[0].limits = {bucket("one", 2), bucket("two", 2)};
  LimitTable before = table();
  EXPECT_EQ(passed(before, 2), 2);
  config.routes[0].limits.erase(config.routes[0].limits.begin() + 1);
  LimitTable after = table();
  after.recall(before.memory());
  EXPECT_EQ(passed(after, 1), 0);
  config.routes[0].limits[0].burst = 3;  // a word means something else then
  LimitTable other = table();
  other.recall(before.memory());
  EXPECT_EQ(passed(other, 4), 3);
}

TEST_F(LimitTableTest, NonsenseIsNoMemory) {
  config.routes[0].limits = {bucket("one", 2)};
  LimitTable limits = table();
  limits.recall("nonsense");
  EXPECT_EQ(passed(limits, 3), 2);
}

}  // namespace
}  // namespace penstock::filters
