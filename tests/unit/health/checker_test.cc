// What a check says of an endpoint, and when checks come.
#include "gateway/health/checker.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <optional>

#include "gateway/health/check_tally.h"
#include "tests/unit/health/server.h"

namespace penstock::health {
namespace {

using conf::milliseconds;

class CheckerTest : public io::LoopTest {
 protected:
  conf::HealthCheck how;
  Server server{loop};
  std::unique_ptr<Checker> checker;
  std::size_t checks = 0;
  bool passed = false;
  std::string why;
  std::vector<Nanos> times;
  bool hurries = false;

  CheckerTest() {
    how.path = "/healthz";
    how.interval = milliseconds(20);
  }
  void start(const io::SocketAddress& address, std::uint64_t seed = 1) {
    checker = std::make_unique<Checker>(loop, how, address, seed, [this](bool good, const std::string& reason) {
      ++checks;
      passed = good;
      why = reason;
      times.push_back(loop.now());
      checker->again(hurries);
    });
  }
  /// What the next check finds: "passed", or why it failed.
  std::string check(const io::SocketAddress& address) {
    start(address);
    return run_until([&] { return checks > 0; }) ? (passed ? "passed" : why) : "(no check)";
  }
  std::string check() { return check(server.address()); }
};

TEST_F(CheckerTest, AGoodStatusPassesWithoutWaitingForTheBody) {
  EXPECT_EQ(check(), "passed");
  EXPECT_EQ(server.request, "GET /healthz HTTP/1.1\r\nHost: " + server.address().text() +
                                "\r\nUser-Agent: penstock-health-check\r\nConnection: close\r\n\r\n");
}

TEST_F(CheckerTest, AsksForTheHostThatIsConfigured) {
  how.host = "orders.internal";
  check();
  EXPECT_THAT(server.request, testing::HasSubstr("\r\nHost: orders.internal\r\n"));
}

TEST_F(CheckerTest, OtherStatusesFail) {
  server.answer = answer_of("503 Service Unavailable");
  EXPECT_EQ(check(), "status 503");
}

TEST_F(CheckerTest, AnyOfTheConfiguredStatusesPasses) {
  how.status = {{200, 200}, {500, 599}};
  server.answer = answer_of("503 Service Unavailable");
  EXPECT_EQ(check(), "passed");
}

TEST_F(CheckerTest, AnInterimAnswerDecidesNothing) {
  server.answer = "HTTP/1.1 103 Early Hints\r\n\r\n" + answer_of("404 Not Found");
  how.status = {{100, 399}};
  EXPECT_EQ(check(), "status 404");
}

TEST_F(CheckerTest, ARefusedConnectionFails) {
  const auto [bound, address] = io::bound_socket();
  EXPECT_EQ(check(address), "connect: Connection refused");
}

TEST_F(CheckerTest, SilenceFailsAfterTheTimeout) {
  how.timeout = milliseconds(30);
  server.answer.clear();
  EXPECT_EQ(check(), "no answer within 30 ms");
}

TEST_F(CheckerTest, HangingUpFails) {
  server.hangs_up = true;
  EXPECT_EQ(check(), "closed without an answer");
}

TEST_F(CheckerTest, WhatIsNotHttpFails) {
  server.answer = "220 mail.example.com ESMTP\r\n";
  EXPECT_THAT(check(), testing::StartsWith("not HTTP: "));
}

TEST_F(CheckerTest, WithoutAPathAConnectionIsEnough) {
  how.path.clear();
  server.answer.clear();
  EXPECT_EQ(check(), "passed");
  EXPECT_EQ(server.request, "");
}

TEST_F(CheckerTest, MayAskAtAnotherPort) {
  const auto [bound, address] = io::bound_socket();
  how.port = server.address().port();
  EXPECT_EQ(check(address), "passed");
}

TEST_F(CheckerTest, AsksAtUnixSockets) {
  const std::string path = testing::TempDir() + "penstock-check-" + std::to_string(::getpid()) + ".sock";
  Server local(loop, io::SocketAddress::from_unix(path).value());
  EXPECT_EQ(check(local.address()), "passed");
  EXPECT_THAT(local.request, testing::HasSubstr("\r\nHost: localhost\r\n"));
  ::unlink(path.c_str());
}

TEST_F(CheckerTest, ChecksAgainAndAgainOverOneConnectionEach) {
  start(server.address());
  EXPECT_TRUE(run_until([&] { return checks == 5; }));
  EXPECT_TRUE(run_until([&] { return server.connected() == 0; }));
  EXPECT_EQ(server.connections, 5u);
}

TEST_F(CheckerTest, ComesAfterTheIntervalGiveOrTakeATenth) {
  how.interval = milliseconds(100);
  start(server.address());
  ASSERT_TRUE(run_until([&] { return checks == 4; }));
  // The first of the intervals is only a part of one.
  EXPECT_GE(times[3] - times[1], 180 * kNanosPerMilli);
}

TEST_F(CheckerTest, HurriesToOneSecondAtMost) {
  how.interval = milliseconds(60'000);
  hurries = true;
  EXPECT_EQ(check(), "passed");
  EXPECT_TRUE(run_until([&] { return checks == 2; }));
}

TEST_F(CheckerTest, ThoseThatBeganTogetherSpreadOverTheInterval) {
  how.interval = milliseconds(5'000);
  const Nanos start = loop.now();
  std::vector<std::unique_ptr<Checker>> all;
  std::vector<int> seen(40);
  bool one_is_ahead = false;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    all.push_back(std::make_unique<Checker>(loop, how, server.address(), i, [&, i](bool, const std::string&) {
      one_is_ahead |= ++seen[i] == 2;
      all[i]->again(false);
    }));
  }
  ASSERT_TRUE(run_until([&] { return one_is_ahead; }));
  EXPECT_LT(loop.now() - start, 4 * kNanosPerSecond);
}

TEST_F(CheckerTest, DestroyedItIsGoneAtOnce) {
  server.answer.clear();
  start(server.address());
  ASSERT_TRUE(run_until([&] { return !server.request.empty(); }));
  checker.reset();
  EXPECT_TRUE(run_until([&] { return server.connected() == 0; }));
  EXPECT_EQ(checks, 0u);
}

TEST_F(CheckerTest, MayBeDestroyedByItsOwnResult) {
  checker = std::make_unique<Checker>(loop, how, server.address(), 1, [this](bool, const std::string&) {
    checker.reset();
    ++checks;
  });
  EXPECT_TRUE(run_until([&] { return checks == 1; }));
}

// A gateway that has run out of descriptors must not call its endpoints unhealthy for that.
TEST_F(CheckerTest, ThatGetsNoSocketSaysNothing) {
  EXPECT_EQ(check(), "passed");
  run_until([&] { return server.connected() == 0; });
  const int next = ::dup(0);
  ::close(next);
  rlimit usual;
  ::getrlimit(RLIMIT_NOFILE, &usual);
  const rlimit none = {static_cast<rlim_t>(next), usual.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  const Nanos end = loop.now() + 100 * kNanosPerMilli;
  run_until([&] { return loop.now() > end; });
  EXPECT_EQ(checks, 1u);
  ::setrlimit(RLIMIT_NOFILE, &usual);
  EXPECT_TRUE(run_until([&] { return checks > 1; }));
  EXPECT_TRUE(passed);
}

class CheckTallyTest : public testing::Test {
 protected:
  conf::HealthCheck settings;
  CheckTally tally;

  /// "+" passed, "-" failed; the state after each: "H" or "u".
  std::string after(const std::string& checks) {
    std::string states;
    for (const char check : checks) {
      tally.add(check == '+', settings);
      states += tally.healthy() ? 'H' : 'u';
    }
    return states;
  }
};

TEST_F(CheckTallyTest, TheFirstCheckDecidesAlone) {
  EXPECT_EQ(after("-"), "u");
}

TEST_F(CheckTallyTest, LaterItTakesAsManyInARowAsConfigured) {
  EXPECT_EQ(after("+--+---+-++"), "HHHHHHuuuuH");
}

TEST_F(CheckTallyTest, IsInDoubtWhileTheLastCheckContradictsIt) {
  after("+");
  EXPECT_FALSE(tally.in_doubt());
  after("-");
  EXPECT_TRUE(tally.in_doubt());
  after("--");
  EXPECT_FALSE(tally.in_doubt());
  after("+");
  EXPECT_TRUE(tally.in_doubt());
}

TEST_F(CheckTallyTest, TellsWhenItTurns) {
  EXPECT_FALSE(tally.add(true, settings));
  EXPECT_FALSE(tally.add(false, settings));
  EXPECT_FALSE(tally.add(false, settings));
  EXPECT_TRUE(tally.add(false, settings));
  EXPECT_EQ(tally.in_a_row(), 3u);
}

}  // namespace
}  // namespace penstock::health
