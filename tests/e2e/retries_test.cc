// Requests that are tried again: which, where, how often, and when not.
#include <cmath>
#include <sstream>

#include "tests/support/fixture.h"
#include "tests/support/fleet.h"

namespace penstock::e2e {
namespace {

const std::string kUnavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

/// A number of /metrics; the line begins with `series`.
double metric(const Gateway& gateway, const std::string& series) {
  std::istringstream page(gateway.admin("/metrics").body);
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
  }
  ADD_FAILURE() << "no " << series;
  return -1;
}

double retries(const Gateway& gateway, const std::string& reason) {
  return metric(gateway, R"(penstock_upstream_retries_total{upstream="app",reason=")" + reason + "\"}");
}

std::size_t requests_of(Fleet& fleet) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < fleet.size(); ++i) sum += fleet[i].request_count();
  return sum;
}

class Retries : public ::testing::Test {
 protected:
  /// Ejection would take failing endpoints out of the way before retries have to.
  static Additions with(const std::string& retry, const std::string& more = "") {
    return {.upstream = "outlier: off, retry: " + retry + (more.empty() ? "" : ", " + more)};
  }
  void answer_everywhere(const std::string& bytes) {
    for (std::size_t i = 0; i < fleet.size(); ++i) fleet[i].answer(bytes);
  }
  Fleet fleet{3};
};

TEST_F(Retries, AnEndpointThatAnswers503ToEverythingIsNotNoticedByClients) {
  Gateway gateway(fleet.yaml(with("{ attempts: 2, min_per_second: 1000, backoff: 1ms }")));
  fleet[1].answer(kUnavailable);
  const Met met = ask(gateway, fleet, 60);
  EXPECT_EQ(met.errors, 0u);
  EXPECT_GT(fleet[1].request_count(), 10u);
  EXPECT_EQ(retries(gateway, "status"), static_cast<double>(fleet[1].request_count()));
  EXPECT_EQ(fleet[1].connections(), 1u) << "the refused answer was read, and its connection used again";
}

TEST_F(Retries, WithoutASettingAStatusIsPassedOn) {
  Gateway gateway(fleet.yaml({.upstream = "outlier: off"}));
  answer_everywhere(kUnavailable);
  EXPECT_EQ(Client(gateway).get("/").body, "busy");
  EXPECT_EQ(requests_of(fleet), 1u);
}

TEST_F(Retries, EachTryIsAtAnotherEndpoint) {
  Gateway gateway(fleet.yaml(with("{ attempts: 3, backoff: 1ms }")));
  answer_everywhere(kUnavailable);
  Client(gateway).get("/");
  for (std::size_t i = 0; i < fleet.size(); ++i) EXPECT_EQ(fleet[i].request_count(), 1u) << i;
  EXPECT_EQ(json_member(gateway.access_line(), "tries"), "3");
}

TEST_F(Retries, TheLastAnswerIsPassedOnWhenTriesAreUsedUp) {
  Gateway gateway(fleet.yaml(with("{ attempts: 3, backoff: 1ms }")));
  answer_everywhere(kUnavailable);
  const Message answer = Client(gateway).get("/");
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.body, "busy");
}

TEST_F(Retries, AStatusThatIsNotListedIsPassedOn) {
  Gateway gateway(fleet.yaml(with("{ on: [502], backoff: 1ms }")));
  answer_everywhere(kUnavailable);
  Client(gateway).get("/");
  EXPECT_EQ(requests_of(fleet), 1u);
}

TEST_F(Retries, APostIsNotSentTwice) {
  Gateway gateway(fleet.yaml(with("{ backoff: 1ms }")));
  answer_everywhere(kUnavailable);
  EXPECT_EQ(Client(gateway).ask(post("/", "pay")).status(), 503);
  EXPECT_EQ(requests_of(fleet), 1u);
  EXPECT_EQ(Client(gateway).ask(request("POST", "/", "Content-Length: 0\r\n")).status(), 503);
  EXPECT_EQ(requests_of(fleet), 2u);
}

TEST_F(Retries, APostWithAnIdempotencyKeyIs) {
  Gateway gateway(fleet.yaml(with("{ attempts: 3, backoff: 1ms }")));
  answer_everywhere(kUnavailable);
  EXPECT_EQ(Client(gateway).ask(post("/", "pay", "Idempotency-Key: \"k\"\r\n")).status(), 503);
  EXPECT_EQ(requests_of(fleet), 3u);
  for (std::size_t i = 0; i < fleet.size(); ++i) EXPECT_EQ(fleet[i].request().body, "pay");
}

TEST_F(Retries, ABodyIsSentAgainByteForByte) {
  Gateway gateway(fleet.yaml(with("{ attempts: 3, backoff: 1ms, max_body: 64KiB }")));
  answer_everywhere(kUnavailable);
  std::string body(64 << 10, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 + i / 256);
  Client(gateway).ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n" + body);
  for (std::size_t i = 0; i < fleet.size(); ++i) EXPECT_TRUE(fleet[i].request().body == body) << i;
}

TEST_F(Retries, AChunkedBodyIsToo) {
  Gateway gateway(fleet.yaml(with("{ attempts: 2, backoff: 1ms }")));
  answer_everywhere(kUnavailable);
  Client client(gateway);
  client.send_apart({"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\none", " two\n\r\n",
                     chunk("three") + std::string(kLastChunk)});
  EXPECT_EQ(client.response().status(), 503);
  EXPECT_EQ(requests_of(fleet), 2u);
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    for (const Message& request : fleet[i].take_requests()) EXPECT_EQ(request.body, "one two\nthree");
  }
}

TEST_F(Retries, ALongerBodyThanIsKeptIsSentOnce) {
  Gateway gateway(fleet.yaml(with("{ backoff: 1ms, max_body: 10 }")));
  answer_everywhere(kUnavailable);
  Client client(gateway);
  EXPECT_EQ(client.ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n0123456789a").status(), 503);
  EXPECT_EQ(requests_of(fleet), 1u);
}

TEST_F(Retries, NorOnAPooledConnection) {
  Gateway gateway(fleet.yaml(with("{ backoff: 1ms, max_body: 10 }")));
  Client client(gateway);
  for (int i = 0; i < 3; ++i) client.get("/");
  answer_everywhere(kUnavailable);
  EXPECT_EQ(client.ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n0123456789a").status(), 503);
  EXPECT_EQ(requests_of(fleet), 4u);
}

TEST_F(Retries, ARequestThatFailsBeforeItsBodyIsCompleteIsBegunAnew) {
  Backend backend;
  Gateway gateway(backend, with("{ attempts: 2, backoff: 1ms }"));
  backend.on_head([](Exchange& exchange) {
    if (exchange.number() > 0) return exchange.ok(exchange.read_body().body);
    exchange.connection().read_exactly(3);
    exchange.reply(kUnavailable);
    exchange.await_close();
  });
  Client client(gateway);
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  ASSERT_TRUE(backend.wait_for_connections(2));
  client.send("def");
  EXPECT_EQ(client.response().body, "abcdef");
}

TEST_F(Retries, ARequestThatFailsWithinAChunkIsNot) {
  Backend backend;
  Gateway gateway(backend, with("{ attempts: 2, backoff: 1ms }"));
  backend.on_head([](Exchange& exchange) {
    exchange.connection().read_until("abc");
    exchange.reply(kUnavailable);
    exchange.await_close();
  });
  Client client(gateway);
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabc");
  EXPECT_EQ(client.response().body, "busy");
}

TEST_F(Retries, AConnectionThatIsResetBeforeItsAnswerIsTriedElsewhere) {
  Gateway gateway(fleet.yaml(with("{ attempts: 2, min_per_second: 1000, backoff: 1ms }")));
  fleet[0].on_request([](Exchange& exchange) { exchange.reset(); });
  EXPECT_EQ(ask(gateway, fleet, 30).errors, 0u);
  EXPECT_GT(fleet[0].request_count(), 5u);
  EXPECT_EQ(retries(gateway, "reset"), static_cast<double>(fleet[0].request_count()));
}

TEST_F(Retries, AnAnswerThatHasBegunIsNotTriedAgain) {
  Gateway gateway(fleet.yaml(with("{ backoff: 1ms }")));
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    fleet[i].on_request([](Exchange& exchange) {
      exchange.reply("HTTP/1.1 200 OK\r\nContent-Le");
      exchange.reset();
    });
  }
  EXPECT_EQ(Client(gateway).get("/").status(), 502);
  EXPECT_EQ(requests_of(fleet), 1u);
}

TEST_F(Retries, APerTryTimeoutMovesOnFromASlowEndpoint) {
  Gateway gateway(fleet.yaml(with("{ attempts: 2, on: [504], backoff: 1ms, per_try_timeout: 50ms }")));
  fleet[0].on_request([](Exchange& exchange) { exchange.await_close(); });
  EXPECT_EQ(ask(gateway, fleet, 6).errors, 0u);
  EXPECT_GT(fleet[0].request_count(), 0u);
  EXPECT_EQ(retries(gateway, "timeout"), static_cast<double>(fleet[0].request_count()));
}

TEST_F(Retries, EndpointsThatRefuseConnectionsAreTriedPast) {
  Gateway gateway(fleet.yaml(with("{ attempts: 3, min_per_second: 1000, backoff: 1ms }")));
  fleet.kill(0);
  fleet.kill(1);
  EXPECT_EQ(ask(gateway, fleet, 10).errors, 0u);
}

TEST_F(Retries, ASingleEndpointIsTriedAgainAfterAWait) {
  Gateway gateway(gateway_yaml(fleet[0].address(), with("{ attempts: 3, backoff: 1ms }")));
  fleet[0].on_request([](Exchange& exchange) {
    if (exchange.number() == 0) exchange.reply(kUnavailable);
    if (exchange.number() > 0) exchange.ok("at last");
  });
  EXPECT_EQ(Client(gateway).get("/").body, "at last");
}

TEST_F(Retries, AnEndpointThatSaysWhenToComeBackIsNotAskedBefore) {
  Gateway gateway(gateway_yaml(fleet[0].address(), with("{ attempts: 3, backoff: 1ms }")));
  fleet[0].answer("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(Client(gateway).get("/")["Retry-After"], "7");
  EXPECT_EQ(fleet[0].request_count(), 1u);
}

TEST_F(Retries, ATotalOutageIsNotMadeWorse) {
  Gateway gateway(fleet.yaml(with("{ attempts: 3, budget: 0.2, min_per_second: 10, backoff: 1ms, max_backoff: 1ms }")));
  answer_everywhere(kUnavailable);
  constexpr std::size_t kRequests = 400;
  const Stopwatch watch;
  EXPECT_EQ(ask(gateway, fleet, kRequests).errors, kRequests);
  const double seconds = std::ceil(static_cast<double>(watch.elapsed().count()) / 1000);
  const double attempts = metric(gateway, R"(penstock_upstream_requests_total{upstream="app",code="503"})");
  EXPECT_EQ(attempts, static_cast<double>(requests_of(fleet)));
  EXPECT_GT(attempts, kRequests);
  EXPECT_LE(attempts, 1.2 * kRequests + 10 * (seconds + 1));
  EXPECT_GT(metric(gateway, R"(penstock_upstream_retry_budget_exhausted_total{upstream="app"})"), 0);
}

TEST_F(Retries, ConnectionsThatCannotBeMadeAreTriedElsewhereWithinTheBudgetToo) {
  Gateway gateway(fleet.yaml({.upstream = "outlier: off"}));
  for (std::size_t i = 0; i < fleet.size(); ++i) fleet.kill(i);
  const Stopwatch watch;
  EXPECT_EQ(ask(gateway, fleet, 300).errors, 300u);
  const double seconds = std::ceil(static_cast<double>(watch.elapsed().count()) / 1000);
  EXPECT_LE(metric(gateway, R"(penstock_upstream_connects_total{upstream="app"})"), 1.2 * 300 + 10 * (seconds + 1));
}

TEST_F(Retries, NoTryIsBegunThatCannotFinish) {
  Gateway gateway(fleet.yaml(with("{ attempts: 10, backoff: 1s, max_backoff: 1s }", "timeouts: { total: 100ms }")));
  answer_everywhere(kUnavailable);
  for (int i = 0; i < 5; ++i) {
    const Message answer = Client(gateway).get("/");
    EXPECT_EQ(answer.status(), 503);
    EXPECT_EQ(answer.body, "busy") << "the answer that there was, and no time-out";
  }
}

TEST_F(Retries, AClientThatLeavesDuringTheWaitEndsIt) {
  Gateway gateway(fleet.yaml(with("{ attempts: 2, backoff: 1h, max_backoff: 1h }", "timeouts: { total: 2h }")));
  answer_everywhere(kUnavailable);
  Client client(gateway);
  client.send(get("/"));
  ASSERT_TRUE(eventually([&] { return retries(gateway, "status") == 1; }));
  client.close();
  EXPECT_EQ(json_member(gateway.access_line(), "status"), "499");
}

TEST_F(Retries, ADrainCutsTheWaitWhenItsTimeIsUp) {
  Additions additions = with("{ attempts: 2, backoff: 1h, max_backoff: 1h }", "timeouts: { total: 2h }");
  additions.top = "drain_timeout: 100ms\n";
  Gateway gateway(fleet.yaml(additions));
  answer_everywhere(kUnavailable);
  Client client(gateway);
  client.send(get("/"));
  ASSERT_TRUE(eventually([&] { return retries(gateway, "status") == 1; }));
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.process().exit_code(), 0);
}

TEST_F(Retries, ARouteMayHaveItsOwnOrNone) {
  Additions additions = with("{ attempts: 2, backoff: 1ms }");
  additions.routes =
      "- { match: { path: /thrice }, upstream: app, retry: { attempts: 3 } }\n"
      "- { match: { path: /once }, upstream: app, retry: off }\n";
  Gateway gateway(fleet.yaml(additions));
  answer_everywhere(kUnavailable);
  Client client(gateway);
  for (const char* path : {"/", "/thrice", "/once"}) client.get(path);
  EXPECT_EQ(json_member(gateway.access_log(3)[0], "tries"), "2");
  EXPECT_EQ(json_member(gateway.access_log(3)[1], "tries"), "3");
  EXPECT_EQ(json_member(gateway.access_log(3)[2], "tries"), "1");
}

TEST_F(Retries, AClientsConnectionIsUsedOnAfterThem) {
  Gateway gateway(fleet.yaml(with("{ attempts: 3, min_per_second: 1000, backoff: 1ms }")));
  fleet[0].answer(kUnavailable);
  fleet[1].on_request([](Exchange& exchange) { exchange.reset(); });
  Client client(gateway);
  client.send(get("/1") + get("/2") + get("/3"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.response().body, "2");
}

}  // namespace
}  // namespace penstock::e2e
