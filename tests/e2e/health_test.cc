// Endpoints that fail, and come back.
#include <chrono>
#include <thread>

#include "tests/support/fixture.h"
#include "tests/support/fleet.h"

namespace penstock::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Health : public ::testing::Test {
 protected:
  static Additions with(const std::string& upstream) { return {.upstream = upstream, .top = "access_log: off\n"}; }

  /// The line of an endpoint on /upstreams.
  static std::string shown(const Gateway& gateway, const std::string& address) {
    const std::string page = gateway.admin("/upstreams").body;
    const std::size_t at = page.find("{\"address\":\"" + address);
    return at == std::string::npos ? "" : page.substr(at, page.find('}', at) - at + 1);
  }
  static bool becomes(const Gateway& gateway, const std::string& address, const std::string& state) {
    return eventually([&] { return json_member(shown(gateway, address), "state") == state; });
  }
};

TEST_F(Health, AnEndpointWhoseChecksFailIsNotAsked) {
  Fleet fleet(3);
  fleet[1].on_request([](Exchange& exchange) {
    exchange.reply(exchange.request().target() == "/healthz" ? "HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n"
                                                             : "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
  });
  const std::string sick = fleet[1].address();
  Gateway gateway(fleet.yaml(with("health_check: { path: /healthz, interval: 50ms, timeout: 50ms }")));
  ASSERT_TRUE(becomes(gateway, sick, "unhealthy"));
  EXPECT_EQ(ask(gateway, fleet, 30).answers[1], 0u);
  EXPECT_THAT(json_member(shown(gateway, sick), "reason"), HasSubstr("status 503"));
  EXPECT_NE(json_member(shown(gateway, sick), "since"), "");
  EXPECT_THAT(gateway.admin("/metrics").body,
              AllOf(HasSubstr("penstock_upstream_healthy{upstream=\"app\",peer=\"" + sick + "\"} 0"),
                    HasSubstr("penstock_upstream_endpoints{upstream=\"app\",state=\"unhealthy\"} 1")));

  fleet.revive(1);
  ASSERT_TRUE(becomes(gateway, sick, "healthy"));
  EXPECT_GT(ask(gateway, fleet, 300).answers[1], 0u);
}

TEST_F(Health, ACheckAsksAsItIsTold) {
  Backend backend;
  Gateway gateway(backend, {.upstream = "health_check: { path: \"/up?full\", host: app.example, interval: 20s }"});
  const Message check = backend.request();
  EXPECT_EQ(check.start_line, "GET /up?full HTTP/1.1");
  EXPECT_EQ(check["Host"], "app.example");
  EXPECT_THAT(check["User-Agent"], HasSubstr("penstock"));
}

TEST_F(Health, WithoutAPathConnectingIsEnough) {
  Fleet fleet(2);
  const std::string address = fleet[1].address();
  Gateway gateway(fleet.yaml(with("outlier: off, health_check: { interval: 50ms, timeout: 50ms }")));
  fleet.kill(1);
  ASSERT_TRUE(becomes(gateway, address, "unhealthy"));
  EXPECT_EQ(ask(gateway, fleet, 20).answers[0], 20u);
  fleet.revive(1);
  EXPECT_TRUE(becomes(gateway, address, "healthy"));
}

TEST_F(Health, WithNobodyLeftTheAnswerComesAtOnceWithItsReason) {
  Fleet fleet(2);
  const std::string addresses[] = {fleet[0].address(), fleet[1].address()};
  Gateway gateway(fleet.yaml(with("health_check: { interval: 50ms, timeout: 50ms }")));
  fleet.kill(0);
  fleet.kill(1);
  for (const std::string& address : addresses) ASSERT_TRUE(becomes(gateway, address, "unhealthy"));
  const auto asked = std::chrono::steady_clock::now();
  const Message refused = Client(gateway).get("/");
  expect_proxy_error(refused, 503, "no_endpoint", "destination_unavailable");
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(1));
}

TEST_F(Health, InPanicModeAllAreTriedWhateverTheirChecksSay) {
  Fleet fleet(2);
  for (std::size_t i = 0; i < 2; ++i) {
    fleet[i].on_request([i](Exchange& exchange) {
      const bool is_check = exchange.request().target() == "/healthz";
      const std::string body = std::to_string(i);
      exchange.reply(
          (is_check ? "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\n" : "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n") +
          body);
    });
  }
  Gateway gateway(
      fleet.yaml(with("panic_threshold: 0.5, health_check: { path: /healthz, interval: 50ms, timeout: 50ms }")));
  for (std::size_t i = 0; i < 2; ++i) ASSERT_TRUE(becomes(gateway, fleet[i].address(), "unhealthy"));
  EXPECT_THAT(ask(gateway, fleet, 20).answers, ::testing::Each(10));
  EXPECT_THAT(gateway.admin("/metrics").body, HasSubstr("penstock_upstream_panic{upstream=\"app\"} 1"));
}

TEST_F(Health, OneOfTenThatFailsEveryRequestCostsFiveErrors) {
  Fleet fleet(10);
  const std::string bad = fleet[4].address();
  fleet[4].answer("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n");
  Gateway gateway(fleet.yaml(with("")));
  EXPECT_EQ(ask(gateway, fleet, 1'000).errors, 5u);
  EXPECT_EQ(json_member(shown(gateway, bad), "state"), "ejected");
  EXPECT_THAT(json_member(shown(gateway, bad), "reason"), HasSubstr("5 failures in a row"));
  EXPECT_THAT(gateway.admin("/metrics").body,
              HasSubstr("penstock_upstream_ejections_total{upstream=\"app\",reason=\"consecutive_failures\"} 1"));
}

TEST_F(Health, AnEjectionEndsWithItsTime) {
  Fleet fleet(2);
  const std::string bad = fleet[1].address();
  fleet[1].answer("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n");
  Gateway gateway(fleet.yaml(with("outlier: { eject_for: 1s }")));
  EXPECT_EQ(ask(gateway, fleet, 50).errors, 5u);
  fleet.revive(1);
  ASSERT_TRUE(becomes(gateway, bad, "healthy"));
  const Met met = ask(gateway, fleet, 100);
  EXPECT_EQ(met.errors, 0u);
  EXPECT_GT(met.answers[1], 0u);
}

TEST_F(Health, WhatIsNotEnforcedIsOnlyCounted) {
  Fleet fleet(2);
  fleet[1].answer("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n");
  Gateway gateway(fleet.yaml(with("outlier: { enforce: false }")));
  EXPECT_EQ(ask(gateway, fleet, 100).errors, 50u);
  EXPECT_THAT(gateway.admin("/metrics").body,
              HasSubstr("penstock_upstream_ejections_total{upstream=\"app\",reason=\"consecutive_failures\"} 1"));
}

TEST_F(Health, TheLastOneIsNeverEjected) {
  Backend backend;
  backend.answer("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n");
  Gateway gateway(backend, with(""));
  Client client(gateway);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.get("/").status(), 500);
}

TEST_F(Health, OneThatIsKilledCostsNothingAndIsBackSoonAfterItsReturn) {
  Fleet fleet(3);
  const std::string killed = fleet[1].address();
  Gateway gateway(fleet.yaml(with("")));
  ask(gateway, fleet, 30);
  fleet.kill(1);
  const Met without = ask(gateway, fleet, 100);
  EXPECT_EQ(without.errors, 0u);
  EXPECT_EQ(json_member(shown(gateway, killed), "state"), "ejected");
  fleet.revive(1);
  const auto back = std::chrono::steady_clock::now();
  ASSERT_TRUE(becomes(gateway, killed, "healthy"));
  EXPECT_LT(std::chrono::steady_clock::now() - back, std::chrono::seconds(3));
}

TEST_F(Health, ASlowOneIsEjectedForItsLatency) {
  Fleet fleet(5);
  const std::string slow = fleet[2].address();
  fleet[2].on_request([](Exchange& exchange) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    exchange.ok("2");
  });
  Gateway gateway(fleet.yaml(with("outlier: { latency_ratio: 5, min_requests: 4, window: 2s }")));
  EXPECT_TRUE(eventually([&] {
    ask(gateway, fleet, 100);
    return json_member(shown(gateway, slow), "state") == "ejected";
  }));
  EXPECT_THAT(json_member(shown(gateway, slow), "reason"), HasSubstr("P99"));
}

TEST_F(Health, WhatEndpointsDoIsShown) {
  Fleet fleet(2);
  Gateway gateway(fleet.yaml(with(""), {"weight: 3, zone: east", ""}));
  ask(gateway, fleet, 40);
  const std::string first = shown(gateway, fleet[0].address());
  EXPECT_EQ(json_member(first, "state"), "healthy");
  EXPECT_EQ(json_member(first, "share"), "0.75");
  EXPECT_EQ(json_member(first, "requests_total"), "30");
  EXPECT_EQ(json_member(first, "in_flight"), "0");
  EXPECT_NE(json_member(first, "latency_p99_ms"), "0");
  EXPECT_EQ(json_member(first, "zone"), "east");
}

}  // namespace
}  // namespace penstock::e2e
