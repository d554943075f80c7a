// A second try beside one that takes long: what it is for, which requests have one, and when there is none.
#include "tests/e2e/hedging_fixture.h"

namespace penstock::e2e {
namespace {

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

}  // namespace
}  // namespace penstock::e2e
