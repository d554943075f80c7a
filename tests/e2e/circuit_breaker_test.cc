// What is not asked any more because it mostly fails, and how it comes back.
#include "tests/support/fixture.h"
#include "tests/support/fleet.h"

namespace penstock::e2e {
namespace {

const std::string kFailed = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";

class Breaker : public H1ToH1 {
 protected:
  static Additions with(const std::string& breaker) {
    return {.upstream = "outlier: off, circuit_breaker: { min_requests: 5, " + breaker + " }"};
  }
  static std::string state(const Gateway& gateway) {
    return json_member(gateway.admin("/upstreams").body, "circuit_breaker");
  }
  static void fail(Gateway& gateway, Backend& backend, int requests) {
    backend.answer(kFailed);
    Client client(gateway);
    for (int i = 0; i < requests; ++i) EXPECT_EQ(client.get("/").status(), 500);
  }
};

TEST_F(Breaker, OpensAndRefusesWithAHintWhenToComeBack) {
  Gateway gateway(backend, with("open_for: 1m, per: upstream"));
  fail(gateway, backend, 5);
  const Message answer = Client(gateway).get("/");
  expect_proxy_error(answer, 503, "circuit_open", "destination_unavailable");
  EXPECT_GE(std::stoi(answer["Retry-After"]), 50);
  EXPECT_LE(std::stoi(answer["Retry-After"]), 60);
  EXPECT_EQ(backend.request_count(), 5u);
  EXPECT_EQ(state(gateway), "open");
}

TEST_F(Breaker, HalfOpensAndClosesWhenItsProbesSucceed) {
  Gateway gateway(backend, with("open_for: 50ms, half_open_requests: 2, ramp: 0s"));
  fail(gateway, backend, 5);
  EXPECT_EQ(state(gateway), "open");
  backend.answer(ok_response("well"));
  ASSERT_TRUE(eventually([&] { return Client(gateway).get("/").status() == 200; }));
  EXPECT_EQ(state(gateway), "half_open");
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_EQ(state(gateway), "closed");
}

TEST_F(Breaker, AProbeWhoseClientLeavesGivesItsPermitBack) {
  Gateway gateway(backend, with("open_for: 50ms, half_open_requests: 1, ramp: 0s"));
  fail(gateway, backend, 5);
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  Client probe(gateway);
  ASSERT_TRUE(eventually([&] {
    probe = Client(gateway);
    probe.send(get("/"));
    return eventually([&] { return backend.request_count() == 6; }, milliseconds(100));
  }));
  EXPECT_EQ(Client(gateway).get("/").status(), 503) << "the only permit is taken";
  backend.answer(ok_response("well"));
  probe.close();
  const auto noticed = [&] {
    return gateway.admin("/metrics").body.find("errors_total{reason=\"client_gone\"} 1") != std::string::npos;
  };
  ASSERT_TRUE(eventually(noticed));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_EQ(state(gateway), "closed");
}

TEST_F(Breaker, WhatTheClientDidWrongIsNoFailure) {
  Gateway gateway(backend, with("open_for: 1m"));
  backend.answer("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Client(gateway).get("/").status(), 404);
}

TEST_F(Breaker, OverloadIsNoFailure) {
  Gateway gateway(backend, with("open_for: 1m"));
  backend.answer("HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Client(gateway).get("/")["Retry-After"], "3");
  EXPECT_EQ(state(gateway), "closed");
}

TEST_F(Breaker, SlownessOpensItToo) {
  Gateway gateway(backend, with("open_for: 1m, slow_call: 1ms"));
  backend.on_request([](Exchange& exchange) {
    exchange.connection().stays_quiet(milliseconds(10));
    exchange.ok("at last");
  });
  Client client(gateway);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get("/").status(), 200);
  expect_problem(client.get("/"), 503, "circuit_open");
}

TEST_F(Breaker, WithoutEnforcementItOnlyCounts) {
  Gateway gateway(backend, with("open_for: 1m, enforce: false"));
  fail(gateway, backend, 8);
  EXPECT_EQ(state(gateway), "open");
  EXPECT_THAT(gateway.admin("/metrics").body,
              ::testing::HasSubstr(R"(penstock_upstream_circuit_breaker_rejected_total{upstream="app"} 3)"));
}

TEST_F(Breaker, AnEndpointIsPassedOverAndTheOthersAreAsked) {
  Fleet fleet(3);
  Gateway gateway(fleet.yaml(with("open_for: 1m")));
  fleet[0].answer(kFailed);
  EXPECT_EQ(ask(gateway, fleet, 15).errors, 5u);
  EXPECT_EQ(ask(gateway, fleet, 30).errors, 0u);
  EXPECT_EQ(fleet[0].request_count(), 5u);
  const std::string page = gateway.admin("/metrics").body;
  EXPECT_THAT(page, ::testing::HasSubstr(R"(penstock_upstream_circuit_breaker_state{upstream="app"} 0)"));
  EXPECT_THAT(page, ::testing::HasSubstr("penstock_upstream_endpoint_circuit_breaker_state{upstream=\"app\",peer=\"" +
                                         fleet[0].address() + "\"} 2"));
}

TEST_F(Breaker, WhenAllEndpointsAreOpenTheClientIsTold) {
  Fleet fleet(2);
  Gateway gateway(fleet.yaml(with("open_for: 1m")));
  for (std::size_t i = 0; i < 2; ++i) fleet[i].answer(kFailed);
  ask(gateway, fleet, 10);
  expect_problem(Client(gateway).get("/"), 503, "circuit_open");
  EXPECT_EQ(fleet[0].request_count() + fleet[1].request_count(), 10u);
}

TEST_F(Breaker, AllWorkersShareOne) {
  Additions additions = with("open_for: 1m");
  additions.top = "workers: 3\n";
  Gateway gateway(backend, additions);
  backend.answer(kFailed);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Client(gateway).get("/").status(), 500);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Client(gateway).get("/").status(), 503);
}

}  // namespace
}  // namespace penstock::e2e
