// Every wait has an end, and the answer says which.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

constexpr milliseconds kShort{100};  // what the tests configure; timers may be coarse, so only "not before" is asked

void stall_then_close(Exchange& exchange) {
  exchange.await_close();
}

TEST_F(H1ToH1, AHeadThatNeverEndsTimesOut) {
  Gateway gateway(backend, {.listener = "timeouts: { header: 100ms }"});
  Client client(gateway);
  const Stopwatch watch;
  expect_problem(client.ask("GET / HTTP/1.1\r\nHost: a\r\n"), 408, "header_timeout");
  EXPECT_GE(watch.elapsed(), kShort * 9 / 10);
  EXPECT_TRUE(client.ends());
}

TEST_F(H1ToH1, DrippingBytesDoNotStretchTheHeaderTimeout) {
  Gateway gateway(backend, {.listener = "timeouts: { header: 200ms }"});
  Client client(gateway);
  client.send("GET / HTTP/1.1\r\nX-Slow: ");
  int drops = 0;
  while (drops < 1000 && client.stays_quiet(milliseconds(10))) {
    client.send("x");
    ++drops;
  }
  EXPECT_EQ(client.response().status(), 408);
  EXPECT_LT(drops, 1000);
}

TEST_F(H1ToH1, AConnectionThatSaysNothingIsClosedSilently) {
  Gateway gateway(backend, {.listener = "timeouts: { header: 100ms, idle: 100ms }"});
  Client client(gateway);
  EXPECT_TRUE(client.ends());
}

TEST_F(H1ToH1, AnIdleConnectionIsClosedSilently) {
  Gateway gateway(backend, {.listener = "timeouts: { idle: 100ms }"});
  Client client(gateway);
  client.get("/");
  EXPECT_TRUE(client.ends());
}

TEST_F(H1ToH1, ABodyThatStopsComingTimesOut) {
  Gateway gateway(backend, {.listener = "timeouts: { body: 100ms }"});
  Client client(gateway);
  backend.on_head([](Exchange& exchange) { exchange.connection().read_to_end(); });
  expect_problem(client.ask(request("POST", "/", "Content-Length: 10\r\n") + "five."), 408, "body_timeout");
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(backend.wait_for_closed(1));
}

TEST_F(H1ToH1, AClientThatStopsReadingIsCut) {
  Gateway gateway(backend, {.listener = "timeouts: { body: 100ms }"});
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    for (int i = 0; i < 100; ++i) exchange.reply(std::string(1'000'000, 'x'));
  });
  Client client(SocketAddress::ipv4(gateway.port()), 4096);
  client.send(get("/"));
  EXPECT_TRUE(backend.wait_for_closed(1));
}

TEST_F(H1ToH1, AnEndpointThatDoesNotAcceptTimesOut) {
  const SilentPort silent;
  Gateway gateway(gateway_yaml(silent.address(), {.upstream = "timeouts: { connect: 100ms }"}));
  const Stopwatch watch;
  expect_proxy_error(Client(gateway).get("/"), 504, "connect_timeout", "connection_timeout");
  EXPECT_GE(watch.elapsed(), kShort * 9 / 10);
}

TEST_F(H1ToH1, ABackendThatDoesNotAnswerTimesOut) {
  Gateway gateway(backend, {.upstream = "timeouts: { first_byte: 100ms }"});
  backend.on_request(stall_then_close);
  Client client(gateway);
  const Stopwatch watch;
  expect_proxy_error(client.get("/"), 504, "first_byte_timeout", "http_response_timeout");
  EXPECT_GE(watch.elapsed(), kShort * 9 / 10);
  EXPECT_TRUE(backend.wait_for_closed(1));
  EXPECT_EQ(json_member(gateway.access_line(), "error"), "first_byte_timeout");
}

TEST_F(H1ToH1, ATimeoutOfTheBackendLeavesTheClientItsConnection) {
  Gateway gateway(backend, {.upstream = "timeouts: { first_byte: 100ms }"});
  backend.on_request([](Exchange& exchange) {
    if (exchange.number() == 0) return exchange.await_close();
    exchange.ok("ok");
  });
  Client client(gateway);
  EXPECT_EQ(client.get("/").status(), 504);
  EXPECT_EQ(client.get("/").body, "ok");
}

TEST_F(H1ToH1, ASlowUploadIsNoSlowAnswer) {
  Gateway gateway(backend, {.upstream = "timeouts: { first_byte: 150ms }"});
  Client client(gateway);
  client.send(request("POST", "/", "Content-Length: 2\r\n") + "a");
  EXPECT_TRUE(client.stays_quiet(milliseconds(400)));
  EXPECT_EQ(client.ask("b").body, "ok");
}

TEST_F(H1ToH1, AnAnswerThatStopsIsCut) {
  Gateway gateway(backend, {.upstream = "timeouts: { idle: 100ms }"});
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    exchange.await_close();
  });
  const Message answer = Client(gateway).get("/");
  EXPECT_EQ(answer.body, "half");
  EXPECT_FALSE(answer.complete);
  EXPECT_EQ(json_member(gateway.access_line(), "error"), "upstream_idle_timeout");
}

TEST_F(H1ToH1, TheTotalTimeoutCountsFromTheRequest) {
  Gateway gateway(backend, {.upstream = "timeouts: { total: 100ms }"});
  backend.on_request(stall_then_close);
  expect_proxy_error(Client(gateway).get("/"), 504, "total_timeout", "http_response_timeout");
  EXPECT_TRUE(backend.wait_for_closed(1));
}

TEST_F(H1ToH1, TheTotalTimeoutCutsAnAnswerThatGoesOnForEver) {
  Gateway gateway(backend, {.upstream = "timeouts: { total: 200ms }"});
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (exchange.connection().stays_quiet(milliseconds(10))) exchange.reply(chunk("more"));
  });
  EXPECT_FALSE(Client(gateway).get("/").complete);
  EXPECT_TRUE(backend.wait_for_closed(1));
}

TEST_F(H1ToH1, ARouteOverridesTheTimeoutsOfItsUpstream) {
  Gateway gateway(backend, {.upstream = "timeouts: { first_byte: 9s }", .route = "timeouts: { first_byte: 100ms }"});
  backend.on_request(stall_then_close);
  EXPECT_EQ(Client(gateway).get("/").status(), 504);
}

}  // namespace
}  // namespace penstock::e2e
