// Standings, as checks and requests change them.
#include "gateway/health/monitor.h"

#include <gmock/gmock.h>

#include "tests/unit/health/server.h"

namespace penstock::health {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

class MonitorTest : public io::LoopTest {
 protected:
  conf::Upstream config;
  std::vector<std::string> lines;  ///< of the process log
  int changes = 0;
  std::unique_ptr<Monitor> storage;

  MonitorTest() {
    config.name = "orders";
    config.outlier->max_ejected = 1;
  }
  Monitor& monitor() {
    if (!storage) {
      storage = std::make_unique<Monitor>(
          loop, config, 1, [this] { ++changes; }, [this](const std::string& line) { lines.push_back(line); });
    }
    return *storage;
  }
  void check_by_http() {
    config.health_check.emplace();
    config.health_check->path = "/healthz";
    config.health_check->interval = conf::milliseconds(20);
  }
  Watched endpoint(const io::SocketAddress& address) {
    return {std::make_shared<EndpointRecord>(address.text(), address.text(), 2), address};
  }
  /// One that nobody listens at.
  Watched endpoint(int number) {
    return endpoint(io::SocketAddress::from_ip("127.0.0.1", static_cast<std::uint16_t>(number)).value());
  }
  /// As a worker does.
  void fail(const Watched& endpoint, Failure last = Failure::request) {
    for (int i = 0; i < 5; ++i) {
      endpoint.record->worker(0).requests.add();
      endpoint.record->worker(0).failures.add();
      if (endpoint.record->failed() == 5) monitor().failures_in_a_row(endpoint.record, last);
    }
  }
  State state(std::size_t index) { return monitor().standing(index).state; }
  bool becomes(std::size_t index, State wanted) {
    return run_until([&] { return state(index) == wanted; });
  }
};

TEST_F(MonitorTest, EndpointsAreHealthyUntilSomethingIsKnown) {
  monitor().watch({endpoint(1), endpoint(2)});
  EXPECT_EQ(state(0), State::healthy);
  EXPECT_EQ(monitor().standing(1).reason, "");
  EXPECT_EQ(monitor().standing(1).recovered_at, 0u);
  EXPECT_NE(monitor().standing(1).since_unix_ms, 0u);
}

TEST_F(MonitorTest, AFailedFirstCheckMakesUnhealthyAndTwoPassedOnesHealthyAgain) {
  check_by_http();
  Server server(loop);
  server.answer = answer_of("503 Service Unavailable");
  const Watched only = endpoint(server.address());
  only.record->failed();
  monitor().watch({only});
  ASSERT_TRUE(becomes(0, State::unhealthy));
  EXPECT_EQ(monitor().standing(0).reason, "1 check failed: status 503");
  server.answer = answer_of("200 OK");
  ASSERT_TRUE(becomes(0, State::healthy));
  EXPECT_EQ(monitor().standing(0).reason, "2 checks passed");
  EXPECT_GT(monitor().standing(0).recovered_at, 0u);
  EXPECT_EQ(only.record->failures_in_a_row(), 0u);
  EXPECT_EQ(monitor().checks_passed(), 2u);
  const std::string name = "upstream orders: " + server.address().text();
  EXPECT_THAT(lines, ElementsAre(name + " is unhealthy: 1 check failed: status 503",
                                 name + " is healthy again: 2 checks passed"));
}

TEST_F(MonitorTest, LaterItTakesThreeFailedChecks) {
  check_by_http();
  Server server(loop);
  monitor().watch({endpoint(server.address())});
  ASSERT_TRUE(run_until([&] { return monitor().checks_passed() > 0; }));
  server.close();
  ASSERT_TRUE(becomes(0, State::unhealthy));
  EXPECT_EQ(monitor().standing(0).reason, "3 checks failed: connect: Connection refused");
  server.open();
  EXPECT_TRUE(becomes(0, State::healthy));
}

// An interval of a minute would leave it out for two.
TEST_F(MonitorTest, AnUnhealthyEndpointIsAskedEachSecondWhateverTheInterval) {
  check_by_http();
  config.health_check->interval = conf::milliseconds(60'000);
  config.health_check->healthy_after = 1;
  Server server(loop);
  server.answer = answer_of("503 Service Unavailable");
  monitor().watch({endpoint(server.address())});
  ASSERT_TRUE(becomes(0, State::unhealthy));
  server.answer = answer_of("200 OK");
  EXPECT_TRUE(becomes(0, State::healthy));
}

TEST_F(MonitorTest, FiveFailuresInARowEjectAtOnce) {
  const Watched bad = endpoint(1);
  monitor().watch({bad, endpoint(2)});
  fail(bad);
  EXPECT_EQ(state(0), State::ejected);
  EXPECT_FALSE(monitor().standing(0).usable());
  EXPECT_EQ(monitor().standing(0).reason, "for 10 s: 5 failures in a row");
  EXPECT_THAT(lines, ElementsAre("upstream orders: 127.0.0.1:1 ejected for 10 s: 5 failures in a row"));
  EXPECT_EQ(monitor().ejections(Ejection::consecutive_failures), 1u);
}

TEST_F(MonitorTest, ChangesAreToldOnceATurnAndNeverFromInsideACall) {
  const Watched one = endpoint(1);
  const Watched other = endpoint(2);
  monitor().watch({one, other, endpoint(3)});
  fail(one);
  fail(other);
  EXPECT_EQ(changes, 0);
  ASSERT_TRUE(run_until([&] { return changes > 0; }));
  turn();
  EXPECT_EQ(changes, 1);
}

TEST_F(MonitorTest, AChangeThatNobodyCanBeToldOfAnyMoreIsDropped) {
  const Watched bad = endpoint(1);
  monitor().watch({bad, endpoint(2)});
  fail(bad);
  storage.reset();
  turn();
  turn();
  EXPECT_EQ(changes, 0);
}

TEST_F(MonitorTest, TimeEndsAnEjectionAndItStartsWithACleanSlate) {
  config.outlier->eject_for = conf::milliseconds(500);
  const Watched bad = endpoint(1);
  monitor().watch({bad, endpoint(2)});
  fail(bad);
  ASSERT_EQ(state(0), State::ejected);
  ASSERT_TRUE(becomes(0, State::healthy));
  EXPECT_GT(monitor().standing(0).recovered_at, 0u);
  EXPECT_EQ(bad.record->failures_in_a_row(), 0u);
  EXPECT_THAT(lines, Contains(EndsWith("is healthy again: its time is up")));
}

TEST_F(MonitorTest, WhoRefusedConnectionsIsBackAsSoonAsItTakesOne) {
  Server server(loop);
  const Watched bad = endpoint(server.address());
  server.close();
  monitor().watch({bad, endpoint(2)});
  fail(bad, Failure::connect);
  ASSERT_EQ(state(0), State::ejected);
  server.open();
  ASSERT_TRUE(becomes(0, State::healthy));
  EXPECT_EQ(monitor().standing(0).reason, "it takes connections");
  EXPECT_EQ(monitor().ejections(Ejection::connect_failures), 1u);
}

TEST_F(MonitorTest, ForOtherFailuresConnectionsAndPassedChecksDoNotEndAnEjection) {
  check_by_http();
  Server server(loop);
  const Watched bad = endpoint(server.address());
  Server good(loop);
  monitor().watch({bad, endpoint(good.address())});
  fail(bad);
  ASSERT_TRUE(run_until([&] { return server.connections > 5; }));
  EXPECT_EQ(state(0), State::ejected);
}

TEST_F(MonitorTest, UnhealthyIsShownBeforeEjected) {
  check_by_http();
  Server good(loop);
  Server server(loop);
  const Watched bad = endpoint(server.address());
  monitor().watch({bad, endpoint(good.address())});
  fail(bad);
  server.close();
  ASSERT_TRUE(becomes(0, State::unhealthy));
  server.open();
  ASSERT_TRUE(becomes(0, State::ejected));
  EXPECT_EQ(monitor().standing(0).reason, "for 10 s: 5 failures in a row");
}

TEST_F(MonitorTest, TheLastThatIsLeftIsTakenBackWhenChecksTakeTheOther) {
  check_by_http();
  Server server(loop);
  const Watched bad = endpoint(server.address());
  Server other(loop);
  monitor().watch({bad, endpoint(other.address())});
  fail(bad);
  ASSERT_EQ(state(0), State::ejected);
  other.answer = answer_of("500 Internal Server Error");
  ASSERT_TRUE(becomes(1, State::unhealthy));
  EXPECT_EQ(state(0), State::healthy);
  EXPECT_EQ(monitor().standing(0).reason, "no other is left");
}

TEST_F(MonitorTest, TheTickJudgesByWhatAllWorkersCounted) {
  const Watched bad = endpoint(1);
  monitor().watch({bad, endpoint(2)});
  for (unsigned worker : {0u, 1u}) {
    bad.record->worker(worker).requests.add(10);
    bad.record->worker(worker).failures.add(6);
  }
  ASSERT_TRUE(becomes(0, State::ejected));
  EXPECT_EQ(monitor().standing(0).reason, "for 10 s: 12 of 20 requests failed");
}

TEST_F(MonitorTest, OfALargePoolTheFirstAndTheLastAreReadWithinTheSecond) {
  std::vector<Watched> endpoints;
  for (int i = 1; i <= 2'500; ++i) endpoints.push_back(endpoint(i));
  monitor().watch(endpoints);
  for (const Watched& each : endpoints) each.record->worker(0).requests.add(20);
  for (const std::size_t bad : {0, 2'499}) endpoints[bad].record->worker(0).failures.add(12);
  EXPECT_TRUE(becomes(0, State::ejected));
  EXPECT_EQ(state(2'499), State::ejected);
}

TEST_F(MonitorTest, WhatARecordHadCountedBeforeCountsForNothing) {
  const Watched old = endpoint(1);
  old.record->worker(0).requests.add(100);
  old.record->worker(0).failures.add(100);
  const Watched bad = endpoint(2);
  monitor().watch({old, bad, endpoint(3)});
  bad.record->worker(0).requests.add(100);
  bad.record->worker(0).failures.add(100);
  old.record->worker(0).requests.add(1);
  ASSERT_TRUE(becomes(1, State::ejected));
  EXPECT_EQ(state(0), State::healthy);
}

TEST_F(MonitorTest, TheTickFindsSlowEndpoints) {
  config.outlier->latency_ratio = 4;
  std::vector<Watched> endpoints;
  for (int i = 1; i <= 5; ++i) endpoints.push_back(endpoint(i));
  monitor().watch(endpoints);
  for (int i = 0; i < 5; ++i) {
    EndpointStats& stats = endpoints[static_cast<std::size_t>(i)].record->worker(1);
    stats.requests.add(100);
    for (int n = 0; n < 100; ++n) stats.latency.observe((i == 3 ? 80 : 10) * kNanosPerMilli);
  }
  ASSERT_TRUE(becomes(3, State::ejected));
  EXPECT_THAT(monitor().standing(3).reason, HasSubstr("P99"));
}

TEST_F(MonitorTest, WithoutEnforcementItOnlyTells) {
  config.outlier->enforce = false;
  const Watched bad = endpoint(1);
  monitor().watch({bad, endpoint(2)});
  fail(bad);
  EXPECT_EQ(state(0), State::healthy);
  EXPECT_THAT(lines, ElementsAre("upstream orders: 127.0.0.1:1 would be ejected for 10 s: 5 failures in a row"));
  EXPECT_EQ(monitor().ejections(Ejection::consecutive_failures), 1u);
}

TEST_F(MonitorTest, WithoutOutlierItEjectsNobody) {
  config.outlier.reset();
  const Watched bad = endpoint(1);
  monitor().watch({bad, endpoint(2)});
  fail(bad);
  EXPECT_EQ(state(0), State::healthy);
  EXPECT_EQ(monitor().ejections(Ejection::consecutive_failures), 0u);
}

TEST_F(MonitorTest, StandingsFollowTheirAddressesThroughSnapshots) {
  const Watched bad = endpoint(1);
  const Watched good = endpoint(2);
  monitor().watch({bad, good});
  fail(bad);
  monitor().watch({endpoint(3), good, bad});
  EXPECT_EQ(state(2), State::ejected);
  EXPECT_EQ(state(1), State::healthy);
}

TEST_F(MonitorTest, AnEndpointThatLeavesAndReturnsIsStillEjected) {
  config.outlier->eject_for = conf::milliseconds(500);
  const Watched bad = endpoint(1);
  const Watched good = endpoint(2);
  monitor().watch({bad, good});
  fail(bad);
  monitor().watch({good});
  monitor().watch({good, endpoint(1)});
  EXPECT_EQ(state(1), State::ejected);
  EXPECT_TRUE(becomes(1, State::healthy));
}

TEST_F(MonitorTest, WhoRefusedConnectionsAndReturnsIsStillAskedForOne) {
  Server server(loop);
  const Watched bad = endpoint(server.address());
  const Watched good = endpoint(2);
  monitor().watch({bad, good});
  fail(bad, Failure::connect);
  monitor().watch({good});
  monitor().watch({good, bad});
  EXPECT_EQ(state(1), State::ejected);
  ASSERT_TRUE(becomes(1, State::healthy));
  EXPECT_EQ(monitor().standing(1).reason, "it takes connections");
}

TEST_F(MonitorTest, NewcomersToOthersHaveJustRecoveredTheFirstHaveNot) {
  const Watched first = endpoint(1);
  monitor().watch({first});
  monitor().watch({first, endpoint(2)});
  EXPECT_EQ(monitor().standing(0).recovered_at, 0u);
  EXPECT_EQ(monitor().standing(1).recovered_at, loop.now());
}

TEST_F(MonitorTest, ACheckerLivesExactlyAsLongAsItsEndpointIsWatched) {
  check_by_http();
  Server server(loop);
  Server stays(loop);
  server.answer.clear();
  monitor().watch({endpoint(server.address()), endpoint(stays.address())});
  ASSERT_TRUE(run_until([&] { return server.connected() == 1; }));
  monitor().watch({endpoint(stays.address())});
  ASSERT_TRUE(run_until([&] { return server.connected() == 0; }));
  const std::size_t connections = server.connections;
  const std::size_t checks = stays.connections;
  ASSERT_TRUE(run_until([&] { return stays.connections > checks + 5; }));
  EXPECT_EQ(server.connections, connections);
}

TEST_F(MonitorTest, AFailureOfAnEndpointThatHasLeftIsNobodys) {
  const Watched gone = endpoint(1);
  monitor().watch({gone, endpoint(2)});
  monitor().watch({endpoint(2), endpoint(3)});
  fail(gone);
  EXPECT_THAT(lines, IsEmpty());
}

}  // namespace
}  // namespace penstock::health
