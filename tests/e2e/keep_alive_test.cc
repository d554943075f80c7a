// How long a client's connection lives, and in which order its requests are answered.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

void echo_target(Exchange& exchange) {
  exchange.ok(exchange.request().target());
}

TEST_F(H1ToH1, AConnectionServesManyRequests) {
  Gateway gateway(backend);
  backend.on_request(echo_target);
  Client client(gateway);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.get("/" + std::to_string(i)).body, "/" + std::to_string(i));
}

TEST_F(H1ToH1, PipelinedRequestsAreAnsweredInOrder) {
  Gateway gateway(backend);
  backend.on_request(echo_target);
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += get("/" + std::to_string(i));
  Client client(gateway);
  client.send(requests);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.response().body, "/" + std::to_string(i));
}

TEST_F(H1ToH1, PipelinedBodiesAreNotTakenForRequests) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) { exchange.ok(exchange.request().body); });
  Client client(gateway);
  client.send(post("/1", get("/fake")) + chunked_post("/2") + chunk(get("/fake")) + std::string(kLastChunk) +
              get("/3"));
  EXPECT_EQ(client.response().body, get("/fake"));
  EXPECT_EQ(client.response().body, get("/fake"));
  EXPECT_EQ(client.response().body, "");
  EXPECT_EQ(backend.request_count(), 3u);
}

TEST_F(H1ToH1, PipelinedDirectAnswersKeepTheirPlace) {
  Gateway gateway(backend, {.routes = "- { match: { path: /ping }, respond: { status: 200, body: pong } }\n"});
  backend.on_request(echo_target);
  Client client(gateway);
  client.send(get("/a") + get("/ping") + get("/b") + get("/ping"));
  for (const char* body : {"/a", "pong", "/b", "pong"}) EXPECT_EQ(client.response().body, body);
}

TEST_F(H1ToH1, ConnectionCloseEndsTheConnection) {
  Gateway gateway(backend);
  Client client(gateway);
  client.send(get("/1", "Connection: close\r\n") + get("/2"));
  EXPECT_EQ(client.response()["Connection"], "close");
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(backend.request_count(), 1u);
}

TEST_F(H1ToH1, TheLastRequestOfAConnectionIsAnnounced) {
  Gateway gateway(backend, {.listener = "max: { requests_per_connection: 2 }"});
  Client client(gateway);
  EXPECT_NE(client.get("/")["Connection"], "close");
  EXPECT_EQ(client.get("/")["Connection"], "close");
  EXPECT_TRUE(client.ends());
}

TEST_F(H1ToH1, ABackendThatClosesDoesNotCloseTheClient) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.ok("bye", "Connection: close\r\n");
    exchange.close();
  });
  Client client(gateway);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/").body, "bye");
  EXPECT_EQ(backend.connections(), 3u);
}

TEST_F(H1ToH1, AnHttp10ClientIsClosedAfterTheAnswer) {
  Gateway gateway(backend);
  Client client(gateway);
  EXPECT_EQ(client.ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n").body, "ok");
  EXPECT_TRUE(client.ends());
}

TEST_F(H1ToH1, AnHttp10ClientMayAskToStay) {
  Gateway gateway(backend);
  Client client(gateway);
  for (int i = 0; i < 2; ++i) {
    const Message answer = client.ask("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(answer.body, "ok");
    EXPECT_EQ(answer["Connection"], "keep-alive");
  }
}

TEST_F(H1ToH1, AnHttp10ClientGetsNoChunks) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("one") + chunk("two") + "0\r\n\r\n");
  Client client(gateway);
  const Message answer = client.ask("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_FALSE(answer.fields.has("Transfer-Encoding"));
  EXPECT_EQ(answer.body, "onetwo");
}

TEST_F(H1ToH1, AnHttp10BackendIsNotReused) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold");
  Client client(gateway);
  EXPECT_EQ(client.get("/").body, "old");
  EXPECT_EQ(client.get("/").body, "old");
  EXPECT_EQ(backend.connections(), 2u);
}

TEST_F(H1ToH1, AnAnswerThatEndsWithItsConnectionIsComplete) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.0 200 OK\r\n\r\nuntil the end");
    exchange.close();
  });
  Client client(gateway);
  for (int i = 0; i < 2; ++i) {
    const Message answer = client.get("/");
    EXPECT_EQ(answer.body, "until the end");
    EXPECT_TRUE(answer.complete);
  }
}

}  // namespace
}  // namespace penstock::e2e
