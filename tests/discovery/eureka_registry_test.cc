// Eureka as a registry, against a stand-in for its server.
#include "discovery/eureka/eureka.h"

#include <memory>

#include "tests/discovery/ending_services.h"
#include "tests/discovery/registry_fixture.h"
#include "tests/support/eureka_server.h"

namespace penstock::discovery {
namespace {

using e2e::EurekaServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::string kWhole = "GET /eureka/apps";
const std::string kDelta = "GET /eureka/apps/delta";

class EurekaTest : public RegistryTest {
 protected:
  EurekaServer server;
  conf::Eureka config{.urls = {server.url()}, .interval = milliseconds(100), .tls = {}};
  std::unique_ptr<Registry> registry;
  RecordingServices heard;
  std::unique_ptr<Watch> watch;

  void begin(const std::string& service = "orders") {
    registry = make_eureka(parts(), config);
    watch = registry->watch_service(what(service), heard);
    EXPECT_TRUE(heard.lists.empty() && heard.failures.empty()) << "told from within watch_service()";
  }
  static conf::Discover what(const std::string& service) {
    conf::Discover discover;
    discover.service = service;
    return discover;
  }
  bool heard_failure() {
    return run_until([&] { return !heard.failures.empty(); });
  }
  bool has_asked(const std::string& request, std::size_t times = 1) {
    return run_until([&] { return server.count(request) >= times; });
  }
};

TEST_F(EurekaTest, TellsTheInstancesThatAreUp) {
  server.put("ORDERS", "a", {.ip = "10.0.0.1", .port = 8080});
  server.put("ORDERS", "b", {.ip = "10.0.0.2", .status = "DOWN"});
  server.put("USERS", "c", {.ip = "10.0.0.3"});
  begin();
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:8080"}));
  EXPECT_TRUE(registry->status().connected);
  EXPECT_EQ(registry->status().server, server.url());
  EXPECT_EQ(registry->settles_in(), 120 * kNanosPerSecond) << "a lease of 90 s, and a cache of 30 s";
}

TEST_F(EurekaTest, OneFetchIsForAllServices) {
  server.put("ORDERS", "a", {.ip = "10.0.0.1"});
  server.put("USERS", "b", {.ip = "10.0.0.2"});
  config.interval = milliseconds(60'000);
  begin();
  RecordingServices others;
  const auto second = registry->watch_service(what("Users"), others);
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  EXPECT_TRUE(await_list(others, {"10.0.0.2:80"}));
  RecordingServices late;
  const auto third = registry->watch_service(what("none"), late);
  EXPECT_TRUE(await_list(late, {}));
  EXPECT_EQ(server.requests(), std::vector<std::string>{kWhole});
}

TEST_F(EurekaTest, ChangesComeByDeltas) {
  server.put("ORDERS", "a", {.ip = "10.0.0.1"});
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  server.put("ORDERS", "b", {.ip = "10.0.0.2"});
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80", "10.0.0.2:80"}));
  server.put("ORDERS", "a", {.ip = "10.0.0.1", .status = "OUT_OF_SERVICE"});
  ASSERT_TRUE(await_list(heard, {"10.0.0.2:80"}));
  server.remove("ORDERS", "b");
  ASSERT_TRUE(await_list(heard, {}));
  EXPECT_EQ(server.count(kWhole), 1u);
}

TEST_F(EurekaTest, WhatDoesNotChangeIsToldOnce) {
  server.put("ORDERS", "a", {});
  begin();
  ASSERT_TRUE(has_asked(kDelta, 5));
  EXPECT_THAT(heard.lists, SizeIs(1));
}

TEST_F(EurekaTest, AMissedChangeShowsInTheHash) {
  server.put("ORDERS", "a", {.ip = "10.0.0.1"});
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  server.put("ORDERS", "b", {.ip = "10.0.0.2"});
  server.forget_changes();
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80", "10.0.0.2:80"}));
  EXPECT_EQ(server.count(kWhole), 2u);
}

TEST_F(EurekaTest, AServerWithoutDeltasIsAskedForEverything) {
  server.turn_deltas_off();
  server.put("ORDERS", "a", {.ip = "10.0.0.1"});
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  server.put("ORDERS", "b", {.ip = "10.0.0.2"});
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80", "10.0.0.2:80"}));
}

TEST_F(EurekaTest, ANetflixServerWithDeltasTurnedOffHasNotFailed) {
  server.turn_deltas_off("403 Forbidden");
  server.put("ORDERS", "a", {.ip = "10.0.0.1"});
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  server.put("ORDERS", "b", {.ip = "10.0.0.2"});
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80", "10.0.0.2:80"}));
  ASSERT_TRUE(has_asked(kDelta, 3));
  EXPECT_TRUE(heard.failures.empty());
}

TEST_F(EurekaTest, ASingleItemMayStandWithoutItsList) {
  server.write_single_items_bare();
  server.put("ORDERS", "a", {.ip = "10.0.0.1"});
  begin();
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}));
}

TEST_F(EurekaTest, ReadingAgainTellsTheSameAgain) {
  config.interval = milliseconds(60'000);
  server.put("ORDERS", "a", {});
  begin();
  ASSERT_TRUE(run_until([&] { return heard.lists.size() == 1; }));
  watch->read_again();
  EXPECT_TRUE(run_until([&] { return heard.lists.size() == 2; }));
}

TEST_F(EurekaTest, TheNextServerIsAskedWhenOneFails) {
  EurekaServer ill;
  ill.misbehave("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
  const e2e::RefusedPort nobody;
  server.put("ORDERS", "a", {.ip = "10.0.0.1"});
  config.urls = {ill.url(), "http://" + nobody.address() + "/eureka", server.url()};
  begin();
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  EXPECT_TRUE(heard.failures.empty());
  EXPECT_EQ(registry->status().server, server.url());
}

TEST_F(EurekaTest, AnEmptyServerIsBelievedOnlyIfNoOtherKnowsMore) {
  EurekaServer other;
  for (EurekaServer* each : {&server, &other}) each->put("ORDERS", "a", {.ip = "10.0.0.1"});
  config.urls = {server.url(), other.url()};
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  server.forget_everybody();
  ASSERT_TRUE(run_until([&] { return other.count(kWhole) > 0; }));
  run_for(milliseconds(50));
  EXPECT_THAT(heard.lists, SizeIs(1));
  other.forget_everybody();
  EXPECT_TRUE(await_list(heard, {}));
}

class EurekaFailureTest : public EurekaTest, public testing::WithParamInterface<const char*> {};

TEST_P(EurekaFailureTest, IsToldAsSuchAndIsOverAtOnceWhenTheServerIsBack) {
  server.put("ORDERS", "a", {.ip = "10.0.0.1"});
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  server.misbehave(GetParam());
  ASSERT_TRUE(heard_failure());
  EXPECT_THAT(heard.lists, SizeIs(1));
  EXPECT_FALSE(registry->status().connected);
  server.misbehave("");
  server.put("ORDERS", "b", {.ip = "10.0.0.2"});
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80", "10.0.0.2:80"}, milliseconds(1'500)));
}

INSTANTIATE_TEST_SUITE_P(All, EurekaFailureTest,
                         testing::Values("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
                                         "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "garbage",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"applications\":{",
                                         "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"));

TEST_F(EurekaTest, IsNotAskedMoreOftenThanTheBound) {
  server.misbehave("garbage");
  begin();
  const e2e::Stopwatch time;
  run_for(milliseconds(3'000));
  EXPECT_LE(server.requests().size(), 10u + static_cast<std::size_t>(time.elapsed().count()) / 1'500 + 1);
  EXPECT_GE(server.requests().size(), 3u);
}

TEST_F(EurekaTest, CanBeDestroyedInTheMiddle) {
  server.server().on_head([](e2e::Exchange& exchange) { exchange.stall(); });
  begin();
  ASSERT_TRUE(run_until([&] { return server.server().connections() > 0; }));
  registry->announce(
      {.registry = "r", .service = "gw", .host = "10.0.0.9", .port = 80, .zone = {}, .tags = {}, .metadata = {}});
  watch.reset();
  registry.reset();
  server.server().release(10);
  run_for(milliseconds(50));
  EXPECT_TRUE(heard.lists.empty());
}

TEST_F(EurekaTest, CanBeDestroyedByWhoHearsOfIt) {
  for (const char* bytes : {"", "garbage"}) {
    server.misbehave(bytes);
    EndingServices ending;
    ending.registry = make_eureka(parts(), config);
    ending.watch = ending.registry->watch_service(what("a"), ending);
    ending.second = ending.registry->watch_service(what("b"), ending);
    ASSERT_TRUE(run_until([&] { return ending.told > 0; }));
    run_for(milliseconds(30));
    EXPECT_EQ(ending.told, 1);
  }
}

class EurekaAnnounceTest : public EurekaTest {
 protected:
  static constexpr const char* kId = "10.0.0.9:gateway:8080";
  std::unique_ptr<Announcement> announcement;
  int withdrawn = 0;

  void announce(milliseconds ttl = milliseconds(15'000)) {
    registry = make_eureka(parts(), config);
    conf::Announce what;
    what.service = "gateway";
    what.host = "10.0.0.9";
    what.port = 8080;
    what.weight = 3;
    what.zone = "z\"1";
    what.metadata = {{"stage", "test"}};
    what.ttl = ttl;
    announcement = registry->announce(what);
  }
  bool stands() {
    return run_until([&] { return announcement->stands(); });
  }
  bool is_withdrawn() {
    announcement->withdraw([this] { ++withdrawn; });
    EXPECT_EQ(withdrawn, 0) << "called from within withdraw()";
    return run_until([&] { return withdrawn > 0; });
  }
};

TEST_F(EurekaAnnounceTest, RegistersAndIsTakenOut) {
  announce();
  ASSERT_TRUE(stands());
  ASSERT_TRUE(server.has("GATEWAY", kId));
  const std::string body = server.body_of("GATEWAY", kId);
  EXPECT_THAT(body, HasSubstr(R"("status":"UP")"));
  EXPECT_THAT(body, HasSubstr(R"("weight":"3")"));
  EXPECT_THAT(body, HasSubstr(R"("zone":"z\"1")"));
  EXPECT_THAT(body, HasSubstr(R"("durationInSecs":15,"renewalIntervalInSecs":5)"));
  ASSERT_TRUE(is_withdrawn());
  EXPECT_FALSE(server.has("GATEWAY", kId));
  EXPECT_FALSE(announcement->stands());
}

TEST_F(EurekaAnnounceTest, IsRenewedAndRegisteredAgainWhenItIsLost) {
  announce(milliseconds(1'000));
  ASSERT_TRUE(stands());
  ASSERT_TRUE(has_asked("PUT /eureka/apps/GATEWAY/10.0.0.9%3Agateway%3A8080", 1));
  server.forget_everybody();
  EXPECT_TRUE(run_until([&] { return server.has("GATEWAY", kId); }));
  EXPECT_EQ(server.count("POST /eureka/apps/GATEWAY"), 2u);
}

TEST_F(EurekaAnnounceTest, TheNextServerIsAskedWhenOneFails) {
  const e2e::RefusedPort nobody;
  config.urls = {"http://" + nobody.address() + "/eureka", server.url()};
  announce();
  ASSERT_TRUE(stands());
  EXPECT_THAT(logged, testing::IsEmpty());
}

TEST_F(EurekaAnnounceTest, AnIllServerIsComplainedOfOnceAndTriedAgain) {
  server.misbehave("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
  announce();
  ASSERT_TRUE(has_asked("POST /eureka/apps/GATEWAY", 3));
  EXPECT_THAT(logged, ElementsAre(HasSubstr("gateway cannot be announced: " + server.url() + ": status 500")));
  server.misbehave("");
  EXPECT_TRUE(run_until([&] { return announcement->stands(); }, milliseconds(1'500)));
}

TEST_F(EurekaAnnounceTest, ADeadServerHoldsAWithdrawalUpForASecondAtMost) {
  announce();
  ASSERT_TRUE(stands());
  server.server().on_head([](e2e::Exchange& exchange) { exchange.stall(); });
  const e2e::Stopwatch time;
  ASSERT_TRUE(is_withdrawn());
  EXPECT_LT(time.elapsed(), milliseconds(1'500));
  server.server().release(10);
}

TEST_F(EurekaAnnounceTest, DestroyedItIsLeftToVanish) {
  announce();
  ASSERT_TRUE(stands());
  announcement.reset();
  run_for(milliseconds(50));
  EXPECT_TRUE(server.has("GATEWAY", kId));
}

}  // namespace
}  // namespace penstock::discovery
