// What a route has instead of a refusal: a fixed answer, or another upstream.
#include <sstream>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kBusy = "{ respond: { status: 200, body: '[]', content_type: application/json }";

class Fallback : public H1ToH1 {
 protected:
  Backend other;

  Fallback() {
    other.on_request([](Exchange& exchange) { exchange.ok("other"); });
  }
  /// Route "all" to the backend, with another upstream "other". `fallback` is without its closing brace.
  std::string yaml(const std::string& fallback, const std::string& upstream = "", const std::string& route = "",
                   const std::string& of_other = "") const {
    const std::string text = gateway_yaml(
        backend.address(), {.upstream = "outlier: off" + (upstream.empty() ? "" : ", " + upstream),
                            .route = (route.empty() ? "" : route + ", ") + "fallback: " + fallback + " }"});
    const std::string upstreams = "upstreams:\n";
    const std::size_t place = text.find(upstreams) + upstreams.size();
    return text.substr(0, place) + "  other: { endpoints: ['" + other.address() + "']" +
           (of_other.empty() ? "" : ", " + of_other) + " }\n" + text.substr(place);
  }
  void reset_everything() {
    backend.on_request([](Exchange& exchange) { exchange.reset(); });
  }
  static std::string degraded(const Gateway& gateway, const std::string& reason) {
    std::istringstream page(gateway.admin("/metrics").body);
    const std::string series = R"(penstock_http_degraded_requests_total{route="all",reason=")" + reason + "\"} ";
    for (std::string line; std::getline(page, line);) {
      if (line.starts_with(series)) return line.substr(series.size());
    }
    return "";
  }
};

const std::string kNoPlaces = "limits: [{ token_bucket: { rate: 1/h, burst: 1 } }]";

TEST_F(Fallback, AFixedAnswerStandsInForARefusal) {
  Gateway gateway(yaml(kBusy + ", on: [rate_limit]", "", kNoPlaces));
  Client client(gateway);
  EXPECT_EQ(client.get("/").body, "ok");
  const Message answer = client.get("/");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, "[]");
  EXPECT_EQ(answer["Content-Type"], "application/json");
  EXPECT_THAT(answer["RateLimit"], HasSubstr("\"token_bucket\";r=0;t="));
  EXPECT_EQ(backend.request_count(), 1u);
}

/// The exchange is used again, and had still the route of the request before: refused, it looked for that route's
/// fallback behind the end of all routes.
TEST_F(Fallback, ARequestThatCannotBeReadHasNone) {
  Gateway gateway(yaml(kBusy));
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
  EXPECT_EQ(Client(gateway).ask("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status(), 400);
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
}

TEST_F(Fallback, IsShownInTheLogAndCounted) {
  Gateway gateway(yaml(kBusy + ", on: [rate_limit]", "", kNoPlaces));
  Client client(gateway);
  client.get("/");
  client.get("/");
  const auto lines = gateway.access_log(2);
  EXPECT_THAT(lines[0], Not(HasSubstr("degraded")));
  EXPECT_EQ(json_member(lines[1], "degraded"), "rate_limited");
  EXPECT_EQ(json_member(lines[1], "flag"), "-");
  EXPECT_EQ(degraded(gateway, "rate_limit"), "1");
}

TEST_F(Fallback, IsAmongTheRoutes) {
  EXPECT_THAT(Gateway(yaml("{ upstream: other")).admin("/routes").body, HasSubstr("upstream app, else upstream other"));
  EXPECT_THAT(Gateway(yaml(kBusy)).admin("/routes").body, HasSubstr("upstream app, else respond 200"));
}

TEST_F(Fallback, WhatTheClientHasDoneIsRefusedUnlessListed) {
  Gateway gateway(yaml(kBusy, "", kNoPlaces));
  Client client(gateway);
  client.get("/");
  EXPECT_EQ(client.get("/").status(), 429);
}

TEST_F(Fallback, AnotherUpstreamTakesWhatTheFirstHasNoPlaceFor) {
  Gateway gateway(yaml("{ upstream: other", "limits: [{ concurrency: 1 }]"));
  backend.on_request([](Exchange& exchange) {
    exchange.stall();
    exchange.ok("slow");
  });
  Client first(gateway), second(gateway);
  first.send(get("/"));
  backend.requests(1);
  EXPECT_EQ(second.ask(post("/", "a body")).body, "other");
  EXPECT_EQ(other.request().body, "a body");
  EXPECT_EQ(degraded(gateway, "overload"), "1");
  EXPECT_EQ(json_member(gateway.access_line(), "upstream"), "other");
  backend.release();
  EXPECT_EQ(first.response().body, "slow");
}

TEST_F(Fallback, AnotherUpstreamHasLimitsOfItsOwnAndNoFurtherFallback) {
  Gateway gateway(yaml("{ upstream: other, on: [rate_limit, overload]", "", kNoPlaces,
                       "limits: [{ token_bucket: { rate: 1/h, burst: 1 }, name: others }]"));
  Client client(gateway);
  EXPECT_EQ(client.get("/").body, "ok");
  const Message elsewhere = client.get("/");
  EXPECT_EQ(elsewhere.body, "other");
  EXPECT_THAT(elsewhere["RateLimit"], HasSubstr("\"token_bucket\";r=0"));
  EXPECT_THAT(elsewhere["RateLimit"], HasSubstr("\"others\";r=0"));
  EXPECT_EQ(client.get("/").status(), 429);
}

TEST_F(Fallback, AnOpenCircuitLeadsElsewhere) {
  Gateway gateway(yaml("{ upstream: other, on: [circuit_open]", "circuit_breaker: { min_requests: 5, open_for: 1m }"));
  backend.answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
  Client client(gateway);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get("/").status(), 500);
  EXPECT_EQ(client.get("/").body, "other");
  EXPECT_EQ(degraded(gateway, "circuit_open"), "1");
}

TEST_F(Fallback, AFailedTryIsRepeatedElsewhere) {
  Gateway gateway(yaml("{ upstream: other"));
  reset_everything();
  const Message answer = Client(gateway).get("/");
  EXPECT_EQ(answer.body, "other");
  const std::string line = gateway.access_line();
  EXPECT_EQ(json_member(line, "degraded"), "upstream_reset");
  EXPECT_EQ(json_member(line, "tries"), "2");
  EXPECT_EQ(degraded(gateway, "failure"), "1");
}

TEST_F(Fallback, TheBodyOfAFailedTryGoesElsewhereToo) {
  Gateway gateway(yaml("{ upstream: other"));
  reset_everything();
  const std::string body(40'000, 'b');
  EXPECT_EQ(Client(gateway).ask(request("PUT", "/", "Content-Length: 40000\r\n") + body).body, "other");
  EXPECT_EQ(other.request().body, body);
}

TEST_F(Fallback, WhatMayNotBeSentTwiceIsNotSentElsewhere) {
  Gateway gateway(yaml("{ upstream: other"));
  reset_everything();
  EXPECT_EQ(Client(gateway).ask(post("/", "pay")).status(), 502);
  EXPECT_EQ(other.request_count(), 0u);
}

TEST_F(Fallback, ButAFixedAnswerNeedsNoSecondTry) {
  Gateway gateway(yaml(kBusy));
  reset_everything();
  EXPECT_EQ(Client(gateway).ask(post("/", "pay")).body, "[]");
}

TEST_F(Fallback, RetriesComeFirst) {
  Gateway gateway(yaml(kBusy, "retry: { attempts: 3, backoff: 1ms }"));
  reset_everything();
  EXPECT_EQ(Client(gateway).get("/").body, "[]");
  EXPECT_EQ(backend.request_count(), 3u);
}

TEST_F(Fallback, TheOtherUpstreamRetriesByItsOwnPolicy) {
  Gateway gateway(yaml("{ upstream: other", "", "", "retry: { attempts: 3, on: [reset], backoff: 1ms }"));
  reset_everything();
  other.on_request([](Exchange& exchange) {
    if (exchange.number() < 2) return exchange.reset();
    exchange.ok("at last");
  });
  EXPECT_EQ(Client(gateway).get("/").body, "at last");
  EXPECT_EQ(json_member(gateway.access_line(), "tries"), "4");
}

TEST_F(Fallback, AnAnswerThatIsLateIsReplaced) {
  Gateway gateway(yaml(kBusy, "timeouts: { first_byte: 50ms }"));
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  EXPECT_EQ(Client(gateway).get("/").body, "[]");
  EXPECT_EQ(json_member(gateway.access_line(), "degraded"), "first_byte_timeout");
}

TEST_F(Fallback, WithoutTimeLeftNothingIsSentElsewhere) {
  Gateway gateway(yaml("{ upstream: other", "timeouts: { total: 50ms }"));
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  EXPECT_EQ(Client(gateway).get("/").status(), 504);
  EXPECT_EQ(other.request_count(), 0u);
}

TEST_F(Fallback, AnAnswerIsPassedOnWhateverItsStatus) {
  Gateway gateway(yaml(kBusy));
  backend.answer("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
  EXPECT_EQ(Client(gateway).get("/").body, "busy");
}

TEST_F(Fallback, AMistakeOfTheClientsIsNotReplaced) {
  Gateway gateway(yaml(kBusy, "", "max_body: 10"));
  EXPECT_EQ(Client(gateway).ask(post("/", "more than ten bytes")).status(), 413);
}

TEST_F(Fallback, ADegradedConnectionGoesOn) {
  Gateway gateway(yaml(kBusy));
  reset_everything();
  Client client(gateway);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask(post("/", "some body")).body, "[]");
}

}  // namespace
}  // namespace penstock::e2e
