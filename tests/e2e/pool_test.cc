// The pool of upstream connections: what is kept, what is used again, and what is sent a second time.
#include <atomic>
#include <memory>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

class H1Pool : public H1ToH1 {
 protected:
  /// A turn of the gateway's loop: whatever had happened to its sockets before is known to it afterwards.
  static void turn_the_loop(Gateway& gateway) { Client(gateway).get("/ping"); }
  static Additions additions(const std::string& upstream = "") {
    return {.upstream = upstream, .routes = "- { match: { path: /ping }, respond: { status: 200, body: pong } }\n"};
  }
};

TEST_F(H1Pool, AConnectionIsUsedAgain) {
  Gateway gateway(backend);
  for (int i = 0; i < 5; ++i) Client(gateway).get("/");
  EXPECT_EQ(backend.connections(), 1u);
}

TEST_F(H1Pool, TheLastUsedConnectionIsTakenFirst) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.stall();
    exchange.ok(std::to_string(exchange.connection_number()));
  });
  Client first(gateway);
  Client second(gateway);
  first.send(get("/"));
  backend.requests(1);
  second.send(get("/"));
  backend.requests(2);
  backend.release(2);
  first.response();
  second.response();

  backend.release(3);
  const std::string last = first.get("/").body;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(second.get("/").body, last);
  EXPECT_EQ(backend.connections(), 2u);
}

TEST_F(H1Pool, AFullPoolSaysSo) {
  Gateway gateway(backend, additions("pool: { max_connections: 1 }"));
  backend.on_request([](Exchange& exchange) {
    exchange.stall();
    exchange.ok("first");
  });
  Client first(gateway);
  first.send(get("/"));
  backend.request();
  const Message refused = Client(gateway).get("/");
  expect_proxy_error(refused, 503, "pool_full", "connection_limit_reached");
  EXPECT_TRUE(refused.fields.has("Retry-After"));
  backend.release();
  EXPECT_EQ(first.response().body, "first");
}

TEST_F(H1Pool, NoMoreIdleConnectionsAreKeptThanAllowed) {
  Gateway gateway(backend, additions("pool: { max_idle: 1 }"));
  backend.on_request([](Exchange& exchange) {
    exchange.stall();
    exchange.ok("ok");
  });
  Client first(gateway);
  Client second(gateway);
  first.send(get("/"));
  second.send(get("/"));
  backend.requests(2);
  backend.release(2);
  first.response();
  second.response();
  EXPECT_TRUE(backend.wait_for_closed(1));
  backend.release();
  EXPECT_EQ(first.get("/").body, "ok");
  EXPECT_EQ(backend.connections(), 2u) << "one was kept";
}

TEST_F(H1Pool, AnIdleConnectionIsClosedInTime) {
  Gateway gateway(backend, additions("pool: { idle: 100ms }"));
  Client(gateway).get("/");
  EXPECT_TRUE(backend.wait_for_closed(1));
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
  EXPECT_EQ(backend.connections(), 2u);
}

TEST_F(H1Pool, AConnectionServesSoManyRequestsAndNoMore) {
  Gateway gateway(backend, additions("pool: { requests_per_connection: 2 }"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Client(gateway).get("/").body, "ok");
  EXPECT_EQ(backend.connections(), 3u);
}

TEST_F(H1Pool, AConnectionThatSaysCloseIsNotUsedAgain) {
  Gateway gateway(backend);
  backend.answer(ok_response("ok", "Connection: close\r\n"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Client(gateway).get("/").body, "ok");
  EXPECT_EQ(backend.connections(), 3u);
}

TEST_F(H1Pool, AConnectionThatTheBackendClosedMeanwhileIsNotUsed) {
  Gateway gateway(backend, additions());
  backend.on_request([](Exchange& exchange) {
    exchange.ok("ok");
    exchange.close();
  });
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(Client(gateway).ask(post("/", "body")).body, "ok");
    ASSERT_TRUE(backend.wait_for_closed(i));
    turn_the_loop(gateway);
  }
}

// Queue poisoning: what a backend says without being asked must not become the next request's answer.
TEST_F(H1Pool, AnAnswerThatNobodyAskedForPoisonsNothing) {
  Gateway gateway(backend, additions());
  const auto said = std::make_shared<std::atomic<bool>>(false);
  backend.on_request([said](Exchange& exchange) {
    exchange.ok("right");
    exchange.reply(exchange.number() == 0 ? ok_response("poison") : "");
    *said = true;
  });
  EXPECT_EQ(Client(gateway).get("/").body, "right");
  EXPECT_TRUE(eventually([&] { return said->load(); }));  // else the next request may be on its way before it
  turn_the_loop(gateway);
  EXPECT_EQ(Client(gateway).get("/").body, "right");
}

// The backend closes at the very moment in which the request is on its way.
TEST_F(H1Pool, ARequestThatMeetsAClosingConnectionIsSentAgain) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    if (exchange.number() == 1) return exchange.close();
    exchange.ok("ok");
  });
  Client client(gateway);
  EXPECT_EQ(client.get("/").body, "ok");
  EXPECT_EQ(client.get("/again").body, "ok");
  EXPECT_EQ(backend.requests(3)[2].target(), "/again");
  EXPECT_EQ(backend.connections(), 2u);
}

TEST_F(H1Pool, ARetriedRequestIsTheSameRequest) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    if (exchange.number() == 1) return exchange.reset();
    exchange.ok("ok");
  });
  Client client(gateway);
  client.get("/");
  EXPECT_EQ(client.get("/again", "X-A: 1\r\n").body, "ok");
  EXPECT_EQ(backend.requests(3)[2].raw, backend.requests(3)[1].raw);
}

TEST_F(H1Pool, APostIsNotSentAgain) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    if (exchange.number() == 1) return exchange.close();
    exchange.ok("ok");
  });
  Client client(gateway);
  EXPECT_EQ(client.get("/").body, "ok");
  expect_proxy_error(client.ask(post("/", "once")), 502, "upstream_reset", "connection_terminated");
  EXPECT_EQ(backend.request_count(), 2u);
}

TEST_F(H1Pool, ARequestIsSentAgainOnlyOnce) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    if (exchange.number() > 0) return exchange.close();
    exchange.ok("ok");
  });
  Client client(gateway);
  client.get("/");
  expect_proxy_error(client.get("/"), 502, "upstream_reset", "connection_terminated");
  EXPECT_EQ(backend.request_count(), 3u);
}

TEST_F(H1Pool, AFreshConnectionThatFailsIsNoReasonToRetry) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) { exchange.close(); });
  expect_proxy_error(Client(gateway).get("/"), 502, "upstream_reset", "connection_terminated");
  EXPECT_EQ(backend.request_count(), 1u);
}

TEST_F(H1Pool, AnAnswerThatHasBegunIsNotAskedForAgain) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    if (exchange.number() == 0) return exchange.ok("ok");
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Len");
    exchange.close();
  });
  Client client(gateway);
  client.get("/");
  EXPECT_EQ(client.get("/").status(), 502);
  EXPECT_EQ(backend.request_count(), 2u);
}

TEST_F(H1Pool, AConnectionWithAnUnfinishedAnswerIsNotUsedAgain) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    if (exchange.number() > 0) return exchange.ok("ok");
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    exchange.await_close();
  });
  Client leaving(gateway);
  leaving.send(get("/"));
  leaving.head();
  leaving.close();
  EXPECT_TRUE(backend.wait_for_closed(1));
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
}

}  // namespace
}  // namespace penstock::e2e
