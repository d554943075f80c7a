// Against a real Consul.
#include <memory>

#include "discovery/consul/consul.h"
#include "tests/discovery/comeback.h"
#include "tests/support/consul_server.h"

namespace penstock::discovery {
namespace {

using e2e::ConsulServer;
using e2e::Stopwatch;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConsulRegistryTest : public ComebackTest {
 protected:
  void SetUp() override {
    const std::string why = ConsulServer::why_skip();
    if (!why.empty()) GTEST_SKIP() << why;
    use(std::make_unique<ConsulServer>());
  }
  void use(std::unique_ptr<ConsulServer> server) {
    consul = std::move(server);
    config.urls = {consul->url()};
    make();
  }
  void make() { registry = make_consul(parts(), config); }
  std::unique_ptr<Watch> watch(RecordingServices& into, conf::Discover what = {}) {
    what.service = "api";
    return registry->watch_service(what, into);
  }
  conf::Announce gateway() {
    conf::Announce what;
    what.service = "gateway";
    what.host = "10.1.1.1";
    what.port = 8080;
    what.weight = 7;
    what.zone = "z1";
    what.tags = {"edge"};
    what.metadata = {{"version", "2"}};
    what.ttl = milliseconds(1500);
    return what;
  }
  std::string seen(const std::string& service, const std::string& query = "") {
    return consul->call("GET", "/v1/health/service/" + service + query).body;
  }

  std::unique_ptr<ConsulServer> consul;
  conf::Consul config;
  RecordingServices sink;
  RecordingValues values;
  std::unique_ptr<Registry> registry;
};

TEST_F(ConsulRegistryTest, AServiceNobodyHasEnteredIsEmpty) {
  const auto watching = watch(sink);
  EXPECT_TRUE(sink.lists.empty()) << "told from within watch_service()";
  EXPECT_TRUE(await_list(sink, {}));
  EXPECT_TRUE(registry->status().connected);
}

TEST_F(ConsulRegistryTest, WhatComesAndGoesIsSeenAtOnce) {
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {}));
  for (int i = 0; i < 3; ++i) {
    run_for(milliseconds(150));  // past the pace's gap
    consul->enter("api", "a", 81);
    const Stopwatch entered;
    EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
    EXPECT_LT(entered.elapsed(), milliseconds(100));
    RecordProperty("register_ms", static_cast<int>(entered.elapsed().count()));
    run_for(milliseconds(150));
    consul->leave("a");
    const Stopwatch left;
    EXPECT_TRUE(await_list(sink, {}));
    EXPECT_LT(left.elapsed(), milliseconds(100));
    RecordProperty("deregister_ms", static_cast<int>(left.elapsed().count()));
  }
}

TEST_F(ConsulRegistryTest, AnInstanceIsToldWithAllThatIsKnownOfIt) {
  consul->enter(
      "api", "a", 81,
      R"(, "Tags": ["v2"], "Meta": {"zone": "z2", "release": "9", "priority": "1"}, "Weights": {"Passing": 5, "Warning": 2})");
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  const Instance& instance = sink.lists.back()[0];
  EXPECT_EQ(instance.weight, 5u);
  EXPECT_EQ(instance.zone, "z2");
  EXPECT_EQ(instance.priority, 1u);
  EXPECT_THAT(instance.metadata,
              ElementsAre(std::pair("priority", "1"), std::pair("release", "9"), std::pair("zone", "z2")));
}

TEST_F(ConsulRegistryTest, AnInstanceWhoseCheckFailsIsLeftOutAndOneThatWarnsIfAsked) {
  consul->enter("api", "a", 81);
  consul->enter("api", "b", 82, R"(, "Weights": {"Passing": 5, "Warning": 2})");
  RecordingServices also_warning;
  const auto strict = watch(sink);
  conf::Discover warnings_count;
  warnings_count.only_passing = false;
  const auto lenient = watch(also_warning, warnings_count);
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81", "10.0.0.1:82"}));
  consul->check("warn", "b");
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  EXPECT_TRUE(run_until([&] { return also_warning.lists.size() == 2; }));
  EXPECT_THAT(also_warning.addresses(), ElementsAre("10.0.0.1:81", "10.0.0.1:82"));
  EXPECT_EQ(also_warning.lists.back()[1].weight, 2u);
  consul->check("fail", "b");
  EXPECT_TRUE(await_list(also_warning, {"10.0.0.1:81"}));
  consul->check("pass", "b");
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81", "10.0.0.1:82"}));
}

TEST_F(ConsulRegistryTest, OnlyInstancesWithAllTagsAreListed) {
  consul->enter("api", "a", 81, R"(, "Tags": ["blue", "v2"])");
  consul->enter("api", "b", 82, R"(, "Tags": ["blue"])");
  conf::Discover both;
  both.tags = {"blue", "v2"};
  const auto watching = watch(sink, both);
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
}

TEST_F(ConsulRegistryTest, AKilledServerIsToldAndTheListComesBackWithinASecondOfIt) {
  consul->enter("api", "a", 81);
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  consul->server().kill();
  ASSERT_TRUE(run_until([&] { return !sink.failures.empty(); }));
  EXPECT_FALSE(registry->status().connected);
  EXPECT_EQ(sink.lists.size(), 1u) << "an outage is no change";
  run_for(milliseconds(2000));
  EXPECT_EQ(sink.failures.size(), 1u) << "an outage is told once";
  sink.lists.clear();
  const milliseconds back =
      comeback(consul->server(), &e2e::RealServer::start_only, [&] { return !sink.lists.empty(); });
  EXPECT_LT(back, milliseconds(1000));
  RecordProperty("back_after_ms", static_cast<int>(back.count()));
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
}

TEST_F(ConsulRegistryTest, AFrozenServerIsNoticedAndTheListComesBackWithinASecondOfItsThaw) {
  consul->enter("api", "a", 81);
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  consul->server().freeze();
  ASSERT_TRUE(run_until([&] { return !sink.failures.empty(); }, milliseconds(15'000)));
  sink.lists.clear();
  const milliseconds back = comeback(consul->server(), &e2e::RealServer::thaw, [&] { return !sink.lists.empty(); });
  EXPECT_LT(back, milliseconds(1000));
  RecordProperty("back_after_ms", static_cast<int>(back.count()));
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
}

TEST_F(ConsulRegistryTest, AnotherServerIsAskedWhenOneIsDead) {
  const e2e::RefusedPort dead;
  consul->enter("api", "a", 81);
  config.urls = {"http://" + dead.address(), consul->url()};
  make();
  const auto watching = watch(sink);
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  EXPECT_THAT(sink.failures, IsEmpty());
  EXPECT_EQ(registry->status().server, consul->url());
}

TEST_F(ConsulRegistryTest, AKeyIsToldWithItsVersionAndWhenItIsGone) {
  const auto watching = registry->watch_value("penstock/config", values);
  ASSERT_TRUE(run_until([&] { return values.values.size() == 1; }));
  EXPECT_EQ(values.values[0].first, std::nullopt);
  consul->call("PUT", "/v1/kv/penstock/config", "routes: []\n");
  ASSERT_TRUE(run_until([&] { return values.values.size() == 2; }));
  EXPECT_EQ(values.values[1].first, "routes: []\n");
  EXPECT_GT(values.values[1].second, 0u);
  consul->call("DELETE", "/v1/kv/penstock/config");
  ASSERT_TRUE(run_until([&] { return values.values.size() == 3; }));
  EXPECT_EQ(values.values[2].first, std::nullopt);
}

TEST_F(ConsulRegistryTest, ReadingAgainTellsThoughNothingHasChanged) {
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {}));
  watching->read_again();
  EXPECT_TRUE(run_until([&] { return sink.lists.size() == 2; }));
}

TEST_F(ConsulRegistryTest, AnAnnouncementStandsUntilItIsWithdrawn) {
  auto announcement = registry->announce(gateway());
  ASSERT_TRUE(run_until([&] { return announcement->stands(); }));
  const std::string entry = seen("gateway", "?passing");
  for (const char* part : {R"("Address":"10.1.1.1")", R"("Port":8080)", R"("Passing":7)", R"("zone":"z1")",
                           R"("version":"2")", R"("edge")"}) {
    EXPECT_THAT(entry, HasSubstr(part));
  }
  run_for(milliseconds(3000));  // two TTLs
  EXPECT_NE(seen("gateway", "?passing"), "[]");
  bool done = false;
  announcement->withdraw([&] { done = true; });
  EXPECT_TRUE(run_until([&] { return done; }));
  EXPECT_TRUE(run_until([&] { return seen("gateway") == "[]"; })) << "an agent forgets by itself after a minute";
}

TEST_F(ConsulRegistryTest, AnAnnouncementWhoseGatewayDiesIsCriticalAfterItsTtl) {
  auto announcement = registry->announce(gateway());
  ASSERT_TRUE(run_until([&] { return announcement->stands(); }));
  announcement.reset();
  EXPECT_NE(seen("gateway", "?passing"), "[]");
  EXPECT_TRUE(e2e::eventually([&] { return seen("gateway", "?passing") == "[]"; }));
}

TEST_F(ConsulRegistryTest, AnAnnouncementThatTheAgentHasLostIsMadeAgain) {
  auto announcement = registry->announce(gateway());
  ASSERT_TRUE(run_until([&] { return announcement->stands(); }));
  consul->leave("penstock-gateway-10.1.1.1:8080");
  ASSERT_EQ(seen("gateway"), "[]");
  EXPECT_TRUE(run_until([&] { return seen("gateway", "?passing") != "[]"; }));
}

TEST_F(ConsulRegistryTest, WithdrawingWhenTheAgentIsGoneTakesASecondAtMost) {
  auto announcement = registry->announce(gateway());
  ASSERT_TRUE(run_until([&] { return announcement->stands(); }));
  consul->server().freeze();
  bool done = false;
  const Stopwatch watch_time;
  announcement->withdraw([&] { done = true; });
  EXPECT_TRUE(run_until([&] { return done; }));
  EXPECT_LT(watch_time.elapsed(), milliseconds(1500));
  consul->server().thaw();
}

class GuardedConsulTest : public ConsulRegistryTest {
 protected:
  void SetUp() override {
    const std::string why = ConsulServer::why_skip();
    if (!why.empty()) GTEST_SKIP() << why;
    use(std::make_unique<ConsulServer>(true));
  }
};

TEST_F(GuardedConsulTest, TheTokenOpensWhatIsClosedWithoutIt) {
  consul->enter("api", "a", 81);
  config.token = ConsulServer::kMaster;
  make();
  const auto watching = watch(sink);
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
}

TEST_F(GuardedConsulTest, AWrongTokenIsAFailureAndLoggedOnce) {
  config.token = "11111111-2222-4333-8444-555555555555";
  make();
  const auto watching = watch(sink);
  ASSERT_TRUE(run_until([&] { return sink.failures.size() == 2; }));
  EXPECT_THAT(sink.failures[0], HasSubstr("403"));
  EXPECT_TRUE(sink.lists.empty());
  EXPECT_THAT(logged, ElementsAre(HasSubstr("the token does not allow")));
}

}  // namespace
}  // namespace penstock::discovery
