// A second try beside one that takes long: what becomes of either when the other fails, or when all is over.
#include <poll.h>

#include "tests/e2e/hedging_fixture.h"

namespace penstock::e2e {
namespace {

using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kUnavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

void refuse(Exchange& exchange) {
  exchange.reply(kUnavailable);
}

/// Connects whom it is asked to only once accept() is called: until then its queue is full, and further SYNs are lost.
class LatePort {
 public:
  std::string address() const { return SocketAddress::of(listener_).text(); }
  /// Comes when the kernel sends its SYN once more: after a second, usually.
  Fd accept() {
    accept_next();  // the one that was in the way
    return accept_next();
  }

 private:
  Fd accept_next() {
    pollfd waiting{listener_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(kPatience.count())) != 1) throw TimedOut("nobody connects");
    return Fd(must(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK), "accept"));
  }

  Fd listener_ = listen_on(SocketAddress::ipv4(), 0);
  Fd in_the_way_ = connect_to(SocketAddress::of(listener_));
};

using HedgingFailures = Hedging;

// ---- failures

TEST_F(HedgingFailures, AFailureBesideARunningTryIsNotPassedOn) {
  start(after("1ms"));
  beside_a_hedge([](Exchange& exchange) {
    exchange.reply(kUnavailable);
    exchange.await_close();
  });
  on_try(1, [this](Exchange& exchange) {
    EXPECT_TRUE(fleet[0].wait_for_closed(1));
    exchange.ok("1");
  });
  EXPECT_EQ(Client(*gateway).get("/").body, "1");
  EXPECT_EQ(retries("status"), 0) << "it cost no retry";
  EXPECT_EQ(won(), 1);
  EXPECT_EQ(metric("penstock_upstream_requests_total", ",code=\"503\""), 1);
}

TEST_F(HedgingFailures, AHedgeThatFailsIsForgotten) {
  start(after("1ms"));
  on_try(0, [this](Exchange& exchange) {
    EXPECT_TRUE(fleet[1].wait_for_closed(1));
    exchange.ok("0");
  });
  on_try(1, [](Exchange& exchange) { exchange.reset(); });
  EXPECT_EQ(Client(*gateway).get("/").body, "0");
  EXPECT_EQ(retries("reset"), 0);
  EXPECT_EQ(won(), 0);
  EXPECT_EQ(gateway->admin("/upstreams").body.find("\"failures_total\":1"), std::string::npos)
      << "a pooled connection that is closed says nothing against the endpoint";
}

TEST_F(HedgingFailures, AnEndpointThatIsGoneIsNoHedge) {
  start(after("1ms"));
  fleet.kill(1);
  on_try(0, [asked = asked, &gateway = *gateway](Exchange& exchange) {
    EXPECT_TRUE(eventually([&] {
      return gateway.admin("/metrics").body.find("connect_errors_total{upstream=\"app\"} 1") != std::string::npos;
    }));
    exchange.ok("0");
  });
  EXPECT_EQ(Client(*gateway).get("/").body, "0");
}

TEST_F(HedgingFailures, AHedgeThatIsStillConnectingGoesOnAlone) {
  LatePort late;
  hedge_at(late.address(), "5s");
  on_try(0, [this](Exchange& exchange) {
    EXPECT_TRUE(eventually([this] { return retries("hedge") == 1; }));
    exchange.reply(kUnavailable);
    exchange.await_close();
  });
  Client client(*gateway);
  client.send(get("/"));
  ASSERT_TRUE(fleet[0].wait_for_closed(1));
  Connection hedge(late.accept());
  EXPECT_THAT(hedge.read_until("\r\n\r\n"), StartsWith("GET / HTTP/1.1\r\n"));
  hedge.send(ok_response("late"));
  EXPECT_EQ(client.response().body, "late");
}

TEST_F(HedgingFailures, AHedgeThatCannotConnectIsRetriedOnceTheFirstHasFailed) {
  const SilentPort silent;
  hedge_at(silent.address(), "300ms");
  fleet[0].on_request([this](Exchange& exchange) {
    if (exchange.number() > 0) return exchange.ok("at last");
    EXPECT_TRUE(eventually([this] { return retries("hedge") == 1; }));
    exchange.reply(kUnavailable);
    exchange.await_close();
  });
  EXPECT_EQ(Client(*gateway).get("/").body, "at last");
  EXPECT_EQ(json_member(gateway->access_line(), "tries"), "3");
}

TEST_F(HedgingFailures, WhenBothFailItIsTriedAgainAsUsual) {
  start(after("1ms", ", attempts: 2"));
  beside_a_hedge(refuse);
  on_try(1, [this](Exchange& exchange) {
    EXPECT_TRUE(fleet[0].wait_for_closed(1));
    refuse(exchange);
  });
  EXPECT_EQ(Client(*gateway).get("/").body, "2");
  EXPECT_EQ(retries("status"), 1);
  EXPECT_EQ(json_member(log_line(), "tries"), "3");
  EXPECT_TRUE(eventually([&] { return nothing_is_under_way(); }));
}

TEST_F(HedgingFailures, TheFirstsTimeOutLeavesTheHedgeItsOwnTime) {
  start(after("150ms", ", on: [503], per_try_timeout: 400ms"));
  on_try(0, never_answer);
  on_try(1, [this](Exchange& exchange) {
    EXPECT_TRUE(fleet[0].wait_for_closed(1));
    exchange.ok("1");
  });
  EXPECT_EQ(Client(*gateway).get("/").body, "1");
}

// ---- endings

TEST_F(HedgingFailures, AClientThatLeavesEndsBoth) {
  start(after("1ms"));
  on_try(0, never_answer);
  on_try(1, never_answer);
  Client client(*gateway);
  client.send(get("/"));
  ASSERT_TRUE(eventually([&] { return tries(1) == 1; }));
  client.close();
  EXPECT_TRUE(fleet[0].wait_for_closed(1));
  EXPECT_TRUE(fleet[1].wait_for_closed(1));
  EXPECT_EQ(json_member(log_line(), "status"), "499");
  EXPECT_TRUE(eventually([&] { return nothing_is_under_way(); }));
}

TEST_F(HedgingFailures, TheTotalTimeEndsBoth) {
  start(after("1ms", "", ", timeouts: { total: 100ms }"));
  on_try(0, never_answer);
  on_try(1, never_answer);
  EXPECT_EQ(Client(*gateway).get("/").status(), 504);
  EXPECT_TRUE(eventually([&] { return nothing_is_under_way(); }));
}

TEST_F(HedgingFailures, WhatAnEndpointAnnouncesBesideAnotherIsNotPassedOn) {
  start(after("1ms"));
  beside_a_hedge(
      [](Exchange& exchange) { exchange.reply("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok_response("0")); });
  on_try(1, never_answer);
  const Message answer = Client(*gateway).get("/");
  EXPECT_EQ(answer.body, "0");
  EXPECT_THAT(answer.interim, IsEmpty());
}

TEST_F(HedgingFailures, AClientsConnectionIsUsedOnAfterIt) {
  start(after("1ms", ", min_per_second: 1000"));
  on_try(0, never_answer);
  Client client(*gateway);
  client.send(get("/1") + get("/2") + get("/3"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.response().status(), 200);
}

TEST_F(HedgingFailures, ADrainWaitsForIt) {
  start(after("1ms"));
  on_try(0, never_answer);
  on_try(1, [](Exchange& exchange) {
    exchange.stall();
    exchange.ok("1");
  });
  Client client(*gateway);
  client.send(get("/"));
  ASSERT_TRUE(eventually([&] { return tries(1) == 1; }));
  gateway->signal(SIGTERM);
  fleet[1].release();
  EXPECT_EQ(client.response().body, "1");
}

}  // namespace
}  // namespace penstock::e2e
