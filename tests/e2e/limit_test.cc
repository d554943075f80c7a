// Limits at work: who passes, who waits, who is refused, and what that one is told.
#include <chrono>
#include <memory>
#include <vector>

#include "tests/support/fixture.h"
#include "tests/support/fleet.h"

namespace penstock::e2e {
namespace {

using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Limits : public H1ToH1 {
 protected:
  static Additions on_route(const std::string& limit, const std::string& top = "") {
    return {.route = "limits: [" + limit + "]", .top = top};
  }
  static Additions on_upstream(const std::string& limit) { return {.upstream = "limits: [" + limit + "]"}; }

  /// How many of so many requests are answered 200.
  static int passed(Client& client, int requests, std::string_view fields = "") {
    int count = 0;
    for (int i = 0; i < requests; ++i) count += client.get("/", fields).status() == 200;
    return count;
  }
  void hold_requests() {
    backend.on_request([](Exchange& exchange) {
      exchange.stall();
      exchange.ok("ok");
    });
  }
};

TEST_F(Limits, WhoAsksTooOftenIsToldWhenToComeBack) {
  Gateway gateway(backend, on_route("{ token_bucket: { rate: 6/m, burst: 3 } }"));
  Client client(gateway);
  EXPECT_EQ(passed(client, 3), 3);
  const Message refused = client.get("/");
  expect_proxy_error(refused, 429, "rate_limited", "http_request_denied");
  EXPECT_EQ(refused["Retry-After"], "10");
  EXPECT_EQ(refused["RateLimit-Policy"], "\"token_bucket\";q=3;w=30");
  EXPECT_THAT(refused["RateLimit"], HasSubstr("\"token_bucket\";r=0;t="));
  EXPECT_EQ(backend.request_count(), 3u);
}

TEST_F(Limits, ACostlyRequestTakesMoreOfTheUpstreamsBucket) {
  Gateway gateway(backend, {.upstream = "limits: [{ token_bucket: { rate: 1/m, burst: 10 } }]",
                            .routes = "- { match: { path: /report }, upstream: app, cost: 4 }\n"});
  Client client(gateway);
  EXPECT_THAT(client.get("/report")["RateLimit"], HasSubstr("r=6;"));
  EXPECT_THAT(client.get("/")["RateLimit"], HasSubstr("r=5;"));
  EXPECT_EQ(client.get("/report").status(), 200);
  EXPECT_EQ(client.get("/report").status(), 429);
  EXPECT_EQ(client.get("/").status(), 200);
}

TEST_F(Limits, WhoPassesIsToldWhatIsLeft) {
  Gateway gateway(backend, on_route("{ fixed_window: { limit: 5, window: 1h }, name: hourly }",
                                    "rate_limit_headers: [draft, x_ratelimit]\n"));
  const Message answer = Client(gateway).get("/");
  EXPECT_EQ(answer["RateLimit-Policy"], "\"hourly\";q=5;w=3600");
  EXPECT_THAT(answer["RateLimit"], HasSubstr("\"hourly\";r=4;t="));
  EXPECT_EQ(answer["X-RateLimit-Limit"], "5");
  EXPECT_EQ(answer["X-RateLimit-Remaining"], "4");
}

TEST_F(Limits, EachRateOnTheWayIsToldAndTheRoutesComesFirst) {
  Gateway gateway(backend, {.upstream = "limits: [{ token_bucket: { rate: 1/h, burst: 9 }, name: all }]",
                            .route = "limits: [{ sliding_window: { limit: 5, window: 1h }, name: own }]",
                            .top = "rate_limit_headers: [draft, x_ratelimit]\n"});
  const Message answer = Client(gateway).get("/");
  EXPECT_EQ(answer["RateLimit-Policy"], "\"own\";q=5;w=3600, \"all\";q=9;w=32400");
  EXPECT_THAT(answer["RateLimit"], AllOf(HasSubstr("\"own\";r=4;t="), HasSubstr(", \"all\";r=8;t=")));
  EXPECT_EQ(answer["X-RateLimit-Remaining"], "4") << "of the one that is used up first";
}

TEST_F(Limits, WhatTheRouteRefusesCostsTheUpstreamsLimitNothing) {
  Gateway gateway(backend, {.upstream = "limits: [{ token_bucket: { rate: 1/h, burst: 9 } }]",
                            .route = "limits: [{ fixed_window: { limit: 1, window: 24h } }]",
                            .routes = "- { match: { path: /other }, upstream: app }\n"});
  Client client(gateway);
  EXPECT_EQ(passed(client, 5), 1);
  EXPECT_THAT(client.get("/other")["RateLimit"], HasSubstr("r=7;"));
}

TEST_F(Limits, WhoHasUsedUpAWindowIsToldWhenTheNextOneBegins) {
  for (const std::string kind : {"fixed_window", "sliding_window"}) {
    Gateway gateway(backend, on_route("{ " + kind + ": { limit: 3, window: 24h } }"));
    Client client(gateway);
    EXPECT_EQ(passed(client, 3), 3);
    const Message refused = client.get("/");
    expect_proxy_error(refused, 429, "rate_limited", "http_request_denied");
    const int until_then = std::stoi(refused["Retry-After"]);
    EXPECT_GE(until_then, 1) << kind;
    EXPECT_LE(until_then, kind == "fixed_window" ? 86'400 : 2 * 86'400) << kind;
  }
}

TEST_F(Limits, NoFieldsAreSentIfNoneAreWanted) {
  Gateway gateway(backend, on_route("{ fixed_window: { limit: 5, window: 1h } }", "rate_limit_headers: off\n"));
  const Message answer = Client(gateway).get("/");
  EXPECT_EQ(answer.status(), 200);
  for (const char* name : {"RateLimit", "RateLimit-Policy", "X-RateLimit-Limit"})
    EXPECT_FALSE(answer.fields.has(name)) << name;
}

TEST_F(Limits, ARequestThatCouldNotBeReadHasNoFieldsOfAnEarlierOne) {
  Gateway gateway(backend, on_route("{ fixed_window: { limit: 5, window: 1h } }"));
  Client client(gateway);
  EXPECT_TRUE(client.get("/").fields.has("RateLimit"));
  EXPECT_FALSE(client.ask("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").fields.has("RateLimit"));
}

TEST_F(Limits, KeysAreToldApart) {
  Gateway gateway(backend, on_route("{ sliding_window: { limit: 2, window: 1h }, key: \"header:X-Api-Key\" }"));
  Client client(gateway);
  for (const char* key : {"X-Api-Key: a\r\n", "X-Api-Key: b\r\n", ""}) EXPECT_EQ(passed(client, 4, key), 2) << key;
}

TEST_F(Limits, ALimitHoldsForAllWorkersTogether) {
  Gateway gateway(backend, on_route("{ token_bucket: { rate: 1/h, burst: 40 } }", "workers: 4\n"));
  int count = 0;
  for (int i = 0; i < 80; ++i) {
    Client client(gateway);
    count += passed(client, 1);
  }
  EXPECT_EQ(count, 40);
}

TEST_F(Limits, ALeakyBucketSpreadsABurst) {
  Gateway gateway(backend, on_route("{ leaky_bucket: { rate: 20/s, queue: 3 } }"));
  std::vector<std::unique_ptr<Client>> clients;
  const auto begun = steady_clock::now();
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<Client>(gateway));
    clients.back()->send(post("/", "body " + std::to_string(i)));
  }
  int served = 0, refused = 0;
  for (auto& client : clients) {
    const int status = client->response().status();
    served += status == 200;
    refused += status == 429;
  }
  EXPECT_EQ(served, 4);
  EXPECT_EQ(refused, 2);
  EXPECT_GE(steady_clock::now() - begun, std::chrono::milliseconds(145));
  for (const Message& request : backend.requests(4)) EXPECT_THAT(request.body, HasSubstr("body "));
}

TEST_F(Limits, WhoWouldWaitTooLongIsRefusedAtOnce) {
  Gateway gateway(backend, on_route("{ leaky_bucket: { rate: 1/m, queue: 100, max_wait: 5s } }"));
  Client client(gateway);
  const Stopwatch watch;
  EXPECT_EQ(passed(client, 1), 1);
  const Message refused = client.get("/");
  expect_proxy_error(refused, 429, "rate_limited", "http_request_denied");
  EXPECT_GE(std::stoi(refused["Retry-After"]), 50);
  EXPECT_LT(watch.elapsed(), milliseconds(5'000));
}

TEST_F(Limits, WhoLeavesTheQueueFreesItsPlace) {
  Gateway gateway(backend, on_route("{ leaky_bucket: { rate: 1/s, queue: 1, max_wait: 5s } }"));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  {
    Client waiting(gateway);
    waiting.send(get("/"));
    ASSERT_TRUE(
        eventually([&] { return gateway.admin("/limits").body.find("\"waited_total\":1") != std::string::npos; }));
    EXPECT_EQ(Client(gateway).get("/").status(), 429);
  }
  EXPECT_TRUE(eventually([&] {
    Client next(gateway);
    return next.get("/").status() == 200;
  }));
}

TEST_F(Limits, ConcurrencyIsBoundedAndPlacesComeBack) {
  Gateway gateway(backend, on_upstream("{ concurrency: 2 }"));
  hold_requests();
  Client first(gateway), second(gateway), third(gateway);
  first.send(get("/"));
  second.send(get("/"));
  backend.requests(2);
  const Message refused = third.get("/");
  expect_proxy_error(refused, 503, "overloaded", "connection_limit_reached");
  EXPECT_TRUE(refused.fields.has("Retry-After"));
  EXPECT_THAT(gateway.admin("/metrics").body,
              AllOf(HasSubstr("penstock_limit_in_flight_requests{where=\"upstream app\",limit=\"concurrency\"} 2"),
                    HasSubstr("penstock_limit_requests_total{where=\"upstream app\",limit=\"concurrency\",decision="
                              "\"refused\"} 1")));
  backend.release(3);
  EXPECT_EQ(first.response().status(), 200);
  EXPECT_EQ(third.get("/").status(), 200);
}

TEST_F(Limits, APlaceComesBackWhenTheClientLeaves) {
  Gateway gateway(backend, on_upstream("{ concurrency: 1 }"));
  hold_requests();
  {
    Client leaving(gateway);
    leaving.send(get("/"));
    backend.requests(1);
  }
  backend.release(9);
  EXPECT_TRUE(eventually([&] {
    Client next(gateway);
    return next.get("/").status() == 200;
  }));
}

TEST_F(Limits, WhatIsNotEnforcedPassesAndIsCounted) {
  Gateway gateway(backend, on_route("{ token_bucket: { rate: 1/h, burst: 1 }, enforce: false }"));
  Client client(gateway);
  EXPECT_EQ(passed(client, 4), 4);
  EXPECT_FALSE(client.get("/").fields.has("RateLimit"));
  EXPECT_THAT(gateway.admin("/metrics").body, HasSubstr("decision=\"would_refuse\"} 4"));
}

TEST_F(Limits, TheAccessLogSaysWhy) {
  Gateway gateway(backend, on_route("{ token_bucket: { rate: 1/h, burst: 1 } }"));
  Client client(gateway);
  passed(client, 2);
  EXPECT_THAT(gateway.access_log(2).back(), AllOf(HasSubstr("rate_limited"), HasSubstr("429")));
}

TEST_F(Limits, AnAdaptiveLimitIsShownAndLetsANormalLoadPass) {
  Gateway gateway(backend, on_upstream("{ adaptive: {} }"));
  Client client(gateway);
  EXPECT_EQ(passed(client, 300), 300);
  EXPECT_THAT(gateway.admin("/limits").body, HasSubstr("\"kind\":\"adaptive\""));
  EXPECT_TRUE(eventually([&] { return json_member(gateway.admin("/limits").body, "p99_ms") != "0"; }));
}

TEST_F(Limits, AnAdaptiveLimitRefusesWhatIsMoreThanItKnowsTheUpstreamToBear) {
  Gateway gateway(backend, on_upstream("{ adaptive: {} }"));
  hold_requests();
  constexpr std::size_t kFirstGuess = 20;
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < kFirstGuess; ++i) {
    clients.push_back(std::make_unique<Client>(gateway));
    clients.back()->send(get("/"));
  }
  backend.requests(kFirstGuess);
  expect_proxy_error(Client(gateway).get("/"), 503, "overloaded", "connection_limit_reached");
  backend.release(kFirstGuess);
  for (auto& client : clients) EXPECT_EQ(client->response().status(), 200);
}

TEST_F(Limits, ADirectAnswerCanBeLimitedToo) {
  Gateway gateway(backend, {.routes = "- { match: { path: /ping }, limits: [{ token_bucket: { rate: 1/h, burst: 2 } "
                                      "}], respond: { status: 200, body: pong } }\n"});
  Client client(gateway);
  EXPECT_EQ(client.get("/ping").body, "pong");
  EXPECT_TRUE(client.get("/ping").fields.has("RateLimit"));
  EXPECT_EQ(client.get("/ping").status(), 429);
}

}  // namespace
}  // namespace penstock::e2e
