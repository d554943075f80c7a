// What one client does must not cost the others an endpoint: nothing here is ejected, and no breaker opens.
#include "tests/support/fixture.h"
#include "tests/support/fleet.h"
#include "tests/support/metric.h"

namespace penstock::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kTimes = 30;  // more than what ejects (5) and what a breaker looks at (20)

class Blame : public H1ToH1 {
 protected:
  Fleet fleet{2};

  Gateway gateway_with(const std::string& upstream = "") {
    const std::string strict = "circuit_breaker: { min_requests: 5, open_for: 1m }";
    return Gateway(fleet.yaml({.upstream = strict + (upstream.empty() ? "" : ", " + upstream)}));
  }
  void each(const Backend::Script& does) {
    for (std::size_t i = 0; i < fleet.size(); ++i) fleet[i].on_request(does);
  }
  void expect_nobody_blamed(const Gateway& gateway) {
    each([](Exchange& exchange) { exchange.ok("well"); });
    for (int i = 0; i < 4; ++i) EXPECT_EQ(Client(gateway).get("/honest").status(), 200);
    const std::string upstreams = gateway.admin("/upstreams").body;
    EXPECT_THAT(upstreams, Not(HasSubstr("\"open\"")));
    EXPECT_THAT(upstreams, Not(HasSubstr("ejected")));
    EXPECT_EQ(json_member(upstreams, "failures_total"), "0");
  }
};

TEST_F(Blame, ADeadlineThatAClientChoseIsItsOwn) {
  Gateway gateway = gateway_with();
  each([](Exchange& exchange) { exchange.await_close(); });
  for (int i = 0; i < kTimes; ++i) {
    const Message answer = Client(gateway).get("/", i % 2 ? "X-Request-Timeout-Ms: 5\r\n" : "grpc-timeout: 5m\r\n");
    expect_problem(answer, 504, "total_timeout");
    EXPECT_THAT(answer.body, HasSubstr("the time that the client gave is over"));
  }
  expect_nobody_blamed(gateway);
}

TEST_F(Blame, APauseInAnUploadIsTheClients) {
  Gateway gateway = gateway_with("timeouts: { idle: 50ms }");
  each([](Exchange& exchange) { exchange.ok("stored"); });
  std::vector<Client> uploads;
  for (int i = 0; i < kTimes; ++i) {
    uploads.emplace_back(gateway);
    uploads.back().send(request("POST", "/", "Content-Length: 10\r\n") + "first");
  }
  const auto blamed = [&] { return json_member(gateway.admin("/upstreams").body, "failures_total") != "0"; };
  EXPECT_FALSE(eventually(blamed, milliseconds(200)));
  for (Client& upload : uploads) {
    upload.send("later");
    EXPECT_EQ(upload.response().status(), 200);
  }
  expect_nobody_blamed(gateway);
}

TEST_F(Blame, AnUploadThatIsNotFinishedInTimeIsTheClients) {
  Gateway gateway = gateway_with("timeouts: { total: 50ms }");
  each([](Exchange& exchange) { exchange.await_close(); });
  std::vector<Client> uploads;
  for (int i = 0; i < kTimes; ++i) {
    uploads.emplace_back(gateway);
    uploads.back().send(request("POST", "/", "Content-Length: 10\r\n") + "first");
  }
  const std::string late = "penstock_errors_total{reason=\"total_timeout\"}";
  ASSERT_TRUE(eventually([&] { return metric_in(gateway.admin("/metrics").body, late) == std::to_string(kTimes); }));
  for (Client& upload : uploads) {
    upload.send("later");
    expect_problem(upload.response(), 504, "total_timeout");
  }
  expect_nobody_blamed(gateway);
}

TEST_F(Blame, AClientThatLeavesIsItsOwn) {
  Gateway gateway = gateway_with();
  each([](Exchange& exchange) { exchange.await_close(); });
  for (int i = 0; i < kTimes; ++i) {
    Client client(gateway);
    client.send(get("/"));
    ASSERT_TRUE(
        eventually([&] { return fleet[0].request_count() + fleet[1].request_count() > static_cast<std::size_t>(i); }));
  }
  expect_nobody_blamed(gateway);
}

TEST_F(Blame, OurOwnTimeoutIsTheEndpoints) {
  Gateway gateway = gateway_with("timeouts: { total: 30ms }");
  each([](Exchange& exchange) { exchange.await_close(); });
  for (int i = 0; i < kTimes; ++i) EXPECT_GE(Client(gateway).get("/").status(), 503);
  EXPECT_THAT(gateway.admin("/upstreams").body, HasSubstr("\"open\""));
}

/// It held the permit as long as the tunnel lived.
TEST_F(Blame, A101IsASuccessOfAHalfOpenBreaker) {
  Gateway gateway(backend, {.upstream = "outlier: off, circuit_breaker: { min_requests: 5, open_for: 50ms, "
                                        "half_open_requests: 1, ramp: 0s }"});
  backend.answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Client(gateway).get("/").status(), 500);
  backend.on_request([](Exchange& exchange) {
    if (exchange.request().target() != "/ws") return exchange.ok("well");
    exchange.reply("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
    exchange.await_close();
  });
  Client tunnel(gateway);
  ASSERT_TRUE(eventually([&] {
    tunnel = Client(gateway);
    tunnel.send(get("/ws", "Connection: upgrade\r\nUpgrade: websocket\r\n"));
    return tunnel.response().status() == 101;
  }));
  EXPECT_EQ(json_member(gateway.admin("/upstreams").body, "circuit_breaker"), "closed");
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
}

}  // namespace
}  // namespace penstock::e2e
