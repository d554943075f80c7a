// A second try beside one that takes long: when there is one, whose answer is taken, and what becomes of the other.
#include <poll.h>

#include <array>
#include <atomic>
#include <sstream>

#include "tests/support/fixture.h"
#include "tests/support/fleet.h"

namespace penstock::e2e {
namespace {

using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kUnavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

/// Is never hedged, however long it takes.
const std::string kPlain = request("POST", "/", "Content-Length: 0\r\n");

/// Waits until the gateway closes the connection, which it must.
void never_answer(Exchange& exchange) {
  exchange.await_close();
}

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

/// A request goes to fleet[0], its hedge to fleet[1], and a retry to fleet[2].
class Hedging : public ::testing::Test {
 protected:
  static Additions after(const std::string& wait, const std::string& of_retry = "", const std::string& more = "") {
    return {.upstream = "outlier: off, balancer: round_robin, retry: { backoff: 1ms, hedge_after: " + wait + of_retry +
                        " }" + more};
  }
  /// A try ends with 504, long after it would have been hedged.
  static Additions given_up(const std::string& of_retry = "", const std::string& more = "") {
    return after("1ms", ", on: [503], per_try_timeout: 100ms" + of_retry, more);
  }

  /// Starts the gateway, and asks it until it has a connection to each and it is the first one's turn.
  void start(const Additions& additions) {
    gateway = std::make_unique<Gateway>(fleet.yaml(additions));
    Client client(*gateway);
    do {
      ++turns;
    } while (client.ask(kPlain).body != "2" || turns < fleet.size());
    for (std::size_t i = 0; i < fleet.size(); ++i) {
      fleet[i].take_requests();
      on_try(i, [i](Exchange& exchange) { exchange.ok(std::to_string(i)); });
    }
  }
  /// Requests go to fleet[0] alone, and their hedges to this address.
  void hedge_at(const std::string& address, const std::string& connect_timeout) {
    gateway =
        std::make_unique<Gateway>(gateway_yaml({fleet[0].address(), "{ address: \"" + address + "\", priority: 1 }"},
                                               after("1ms", "", ", timeouts: { connect: " + connect_timeout + " }")));
  }
  void on_try(std::size_t index, Backend::Script script) {
    fleet[index].on_request([asked = asked, index, script = std::move(script)](Exchange& exchange) {
      ++(*asked)[index];
      script(exchange);
    });
  }
  /// When the hedge has been sent, too.
  void beside_a_hedge(Backend::Script script) {
    on_try(0, [asked = asked, script = std::move(script)](Exchange& exchange) {
      EXPECT_TRUE(eventually([&] { return (*asked)[1] > 0; }));
      script(exchange);
    });
  }
  int tries(std::size_t index) const { return (*asked)[index]; }

  double metric(const std::string& name, const std::string& labels = "") const {
    const std::string series = name + R"({upstream="app")" + labels + "} ";
    std::istringstream page(gateway->admin("/metrics").body);
    for (std::string line; std::getline(page, line);) {
      if (line.starts_with(series)) return std::stod(line.substr(series.size()));
    }
    ADD_FAILURE() << "no " << series;
    return -1;
  }
  double retries(const std::string& reason) const {
    return metric("penstock_upstream_retries_total", ",reason=\"" + reason + "\"");
  }
  double won() const { return metric("penstock_upstream_hedges_won_total"); }
  /// At none of the endpoints, as /upstreams has it.
  bool nothing_is_under_way() const {
    const std::string page = gateway->admin("/upstreams").body;
    std::size_t idle = 0;
    for (std::size_t at = 0; (at = page.find("\"in_flight\":0,", at)) != std::string::npos; ++at) ++idle;
    return idle == fleet.size();
  }
  std::string log_line() { return gateway->access_log(turns + 1).back(); }

  Fleet fleet{3};
  std::shared_ptr<std::array<std::atomic<int>, 3>> asked = std::make_shared<std::array<std::atomic<int>, 3>>();
  std::size_t turns = 0;
  std::unique_ptr<Gateway> gateway;
};

// ---- what it is for

TEST_F(Hedging, AStalledRequestIsAnsweredByAnotherEndpoint) {
  start(after("20ms"));
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).get("/").body, "1");
  EXPECT_TRUE(fleet[0].wait_for_closed(1)) << "nobody waits for that answer";
  EXPECT_EQ(json_member(log_line(), "tries"), "2");
  EXPECT_EQ(json_member(log_line(), "peer"), fleet[1].address());
  EXPECT_EQ(retries("hedge"), 1);
  EXPECT_EQ(won(), 1);
}

TEST_F(Hedging, NothingIsLeftUnderWay) {
  start(after("1ms"));
  on_try(0, never_answer);
  Client client(*gateway);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(client.get("/").status(), 200);
  EXPECT_TRUE(eventually([&] { return nothing_is_under_way(); }));
}

TEST_F(Hedging, ItMayNeedAConnectionOfItsOwn) {
  start(after("1ms", "", ", pool: { requests_per_connection: 1 }"));
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).get("/").body, "1");
}

TEST_F(Hedging, TheFirstMayAnswerFirstAfterAll) {
  start(after("1ms"));
  beside_a_hedge([](Exchange& exchange) { exchange.ok("late"); });
  on_try(1, never_answer);
  EXPECT_EQ(Client(*gateway).get("/").body, "late");
  EXPECT_TRUE(fleet[1].wait_for_closed(1));
  EXPECT_TRUE(eventually([&] { return nothing_is_under_way(); }));
  EXPECT_EQ(retries("hedge"), 1);
  EXPECT_EQ(won(), 0);
}

TEST_F(Hedging, AQuickAnswerIsNotHedged) {
  start(after("1h"));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Client(*gateway).get("/").status(), 200);
  EXPECT_EQ(retries("hedge"), 0);
}

TEST_F(Hedging, TheP95IsKnownAfterAHundredAnswers) {
  start(after("p95"));
  Client client(*gateway);
  for (int i = 0; i < 120; ++i) client.ask(kPlain);
  on_try(0, never_answer);
  EXPECT_EQ(ask(*gateway, fleet, 6).errors, 0u);
  EXPECT_GT(tries(0), 40);
  EXPECT_GE(won(), 1) << "on a busy machine others are hedged, too, and not all of those win";
}

TEST_F(Hedging, WithoutASettingThereIsNone) {
  start({.upstream = "outlier: off, balancer: round_robin, retry: { on: [503], per_try_timeout: 100ms }"});
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).get("/").status(), 504);
  EXPECT_EQ(tries(1), 0);
}

// ---- which requests

TEST_F(Hedging, APostIsNotHedged) {
  start(given_up());
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).ask(post("/", "pay")).status(), 504);
  EXPECT_EQ(tries(1), 0);
}

TEST_F(Hedging, APostWithAnIdempotencyKeyIs) {
  start(after("1ms"));
  on_try(0, never_answer);
  on_try(1, [](Exchange& exchange) { exchange.ok(exchange.request().body); });
  EXPECT_EQ(Client(*gateway).ask(post("/", "pay", "Idempotency-Key: \"k\"\r\n")).body, "pay");
}

TEST_F(Hedging, ABodyIsSentOnceMoreByteForByte) {
  start(after("1ms"));
  on_try(0, never_answer);
  std::string body(64 << 10, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 + i / 256);
  EXPECT_EQ(Client(*gateway).ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n" + body).status(), 200);
  EXPECT_TRUE(fleet[0].request().body == body);
  EXPECT_TRUE(fleet[1].request().body == body);
}

TEST_F(Hedging, AChunkedBodyIsToo) {
  start(after("1ms"));
  on_try(0, never_answer);
  Client client(*gateway);
  client.send_apart("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n",
                    chunk(" two") + std::string(kLastChunk));
  EXPECT_EQ(client.response().body, "1");
  EXPECT_EQ(fleet[1].request().body, "one two");
}

TEST_F(Hedging, ABodyThatIsNotKeptIsNotHedged) {
  start(given_up(", max_body: 10"));
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n0123456789a").status(), 504);
  EXPECT_EQ(tries(1), 0);
}

TEST_F(Hedging, ARequestThatIsStillComingIsNotHedged) {
  start(given_up());
  fleet[0].on_head([](Exchange& exchange) { exchange.ok(exchange.read_body().body); });
  Client client(*gateway);
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  Client other(*gateway);
  for (int i = 0; i < 20; ++i) other.ask(kPlain);
  client.send("def");
  EXPECT_EQ(client.response().body, "abcdef");
  EXPECT_EQ(retries("hedge"), 0);
}

TEST_F(Hedging, AnUpgradeIsNotHedged) {
  start(given_up());
  on_try(0, never_answer);
  Client client(*gateway);
  EXPECT_EQ(client.get("/", "Connection: upgrade\r\nUpgrade: websocket\r\n").status(), 504);
  EXPECT_EQ(tries(1), 0);
}

TEST_F(Hedging, AClientThatIsToStayIsNotSentElsewhere) {
  start(given_up("", ", sticky: { cookie: at }"));
  const Message answer = Client(*gateway).ask(kPlain);
  ASSERT_EQ(answer.body, "0");
  const std::string cookie(answer["Set-Cookie"].substr(0, answer["Set-Cookie"].find(';')));
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).get("/", "Cookie: " + cookie + "\r\n").status(), 504);
  EXPECT_EQ(tries(1), 0);
}

TEST_F(Hedging, AnEndpointIsNotAskedBesideItself) {
  gateway = std::make_unique<Gateway>(gateway_yaml(fleet[0].address(), given_up()));
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).get("/").status(), 504);
  EXPECT_EQ(tries(0), 1);
  EXPECT_EQ(retries("hedge"), 0);
}

// ---- when not

TEST_F(Hedging, TheRetryBudgetBoundsIt) {
  start(given_up(", budget: 0, min_per_second: 0"));
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).get("/").status(), 504);
  EXPECT_EQ(tries(1), 0);
  EXPECT_EQ(metric("penstock_upstream_retry_budget_exhausted_total"), 1);
}

TEST_F(Hedging, AfterThoseSavedOneRequestInTwentyIs) {
  start(after("1ms", ", min_per_second: 1000"));
  const auto slowly = [](Exchange& exchange) {
    exchange.connection().stays_quiet(milliseconds(10));
    exchange.ok("slow");
  };
  for (std::size_t i = 0; i < fleet.size(); ++i) on_try(i, slowly);
  Client client(*gateway);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(client.get("/").status(), 200);
  EXPECT_GE(retries("hedge"), 20);
  EXPECT_LE(retries("hedge"), 20 + 60 / 20 + 1);
}

TEST_F(Hedging, ALimitThatIsNearlyReachedStopsIt) {
  start(given_up("", ", limits: [{ concurrency: 1 }]"));
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).get("/").status(), 504);
  EXPECT_EQ(tries(1), 0);
}

TEST_F(Hedging, ALimitWithRoomDoesNot) {
  start(after("1ms", "", ", limits: [{ concurrency: 2 }]"));
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).get("/").body, "1");
}

TEST_F(Hedging, ARouteMayHaveNone) {
  Additions additions = given_up();
  additions.routes = "- { match: { path: /plain }, upstream: app, retry: { hedge_after: off } }\n";
  start(additions);
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).get("/plain").status(), 504);
  EXPECT_EQ(tries(1), 0);
}

TEST_F(Hedging, OrHaveItAlone) {
  Additions additions{.upstream = "outlier: off, balancer: round_robin"};
  additions.routes = "- { match: { path: /hedged }, upstream: app, retry: { hedge_after: 1ms } }\n";
  start(additions);
  on_try(0, never_answer);
  EXPECT_EQ(Client(*gateway).get("/hedged").body, "1");
}

// ---- failures

TEST_F(Hedging, AFailureBesideARunningTryIsNotPassedOn) {
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

TEST_F(Hedging, AHedgeThatFailsIsForgotten) {
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

TEST_F(Hedging, AnEndpointThatIsGoneIsNoHedge) {
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

TEST_F(Hedging, AHedgeThatIsStillConnectingGoesOnAlone) {
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

TEST_F(Hedging, AHedgeThatCannotConnectIsRetriedOnceTheFirstHasFailed) {
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

TEST_F(Hedging, WhenBothFailItIsTriedAgainAsUsual) {
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

TEST_F(Hedging, TheFirstsTimeOutLeavesTheHedgeItsOwnTime) {
  start(after("150ms", ", on: [503], per_try_timeout: 400ms"));
  on_try(0, never_answer);
  on_try(1, [this](Exchange& exchange) {
    EXPECT_TRUE(fleet[0].wait_for_closed(1));
    exchange.ok("1");
  });
  EXPECT_EQ(Client(*gateway).get("/").body, "1");
}

// ---- endings

TEST_F(Hedging, AClientThatLeavesEndsBoth) {
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

TEST_F(Hedging, TheTotalTimeEndsBoth) {
  start(after("1ms", "", ", timeouts: { total: 100ms }"));
  on_try(0, never_answer);
  on_try(1, never_answer);
  EXPECT_EQ(Client(*gateway).get("/").status(), 504);
  EXPECT_TRUE(eventually([&] { return nothing_is_under_way(); }));
}

TEST_F(Hedging, WhatAnEndpointAnnouncesBesideAnotherIsNotPassedOn) {
  start(after("1ms"));
  beside_a_hedge(
      [](Exchange& exchange) { exchange.reply("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok_response("0")); });
  on_try(1, never_answer);
  const Message answer = Client(*gateway).get("/");
  EXPECT_EQ(answer.body, "0");
  EXPECT_THAT(answer.interim, IsEmpty());
}

TEST_F(Hedging, AClientsConnectionIsUsedOnAfterIt) {
  start(after("1ms", ", min_per_second: 1000"));
  on_try(0, never_answer);
  Client client(*gateway);
  client.send(get("/1") + get("/2") + get("/3"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.response().status(), 200);
}

TEST_F(Hedging, ADrainWaitsForIt) {
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
