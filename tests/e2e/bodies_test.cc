// Bodies, their framing and their trailers, in both directions.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

void echo_body(Exchange& exchange) {
  exchange.ok(exchange.request().body);
}

TEST_F(H1ToH1, EveryByteOfABodyPasses) {
  Gateway gateway(backend);
  backend.on_request(echo_body);
  EXPECT_EQ(Client(gateway).ask(post("/", all_bytes())).body, all_bytes());
}

TEST_F(H1ToH1, ALargeBodyPassesBothWays) {
  Gateway gateway(backend);
  backend.on_request(echo_body);
  std::string large;
  while (large.size() < 3'000'000) large += all_bytes();
  const Message answer = Client(gateway).ask(post("/", large));
  EXPECT_TRUE(answer.body == large) << "got " << answer.body.size() << " of " << large.size();
}

TEST_F(H1ToH1, ContentLengthIsKept) {
  Gateway gateway(backend);
  Client(gateway).ask(post("/", "hello"));
  EXPECT_THAT(backend.request().fields.all("Content-Length"), testing::ElementsAre("5"));
  EXPECT_FALSE(backend.request().fields.has("Transfer-Encoding"));
}

TEST_F(H1ToH1, AnEmptyBodyKeepsItsLength) {
  Gateway gateway(backend);
  Client(gateway).ask(post("/", ""));
  EXPECT_EQ(backend.request()["Content-Length"], "0");
}

TEST_F(H1ToH1, ARequestWithoutABodyGetsNoFraming) {
  Gateway gateway(backend);
  Client(gateway).get("/");
  EXPECT_FALSE(backend.request().fields.has("Content-Length"));
  EXPECT_FALSE(backend.request().fields.has("Transfer-Encoding"));
}

TEST_F(H1ToH1, ABodyOfAGetPasses) {
  Gateway gateway(backend);
  Client(gateway).ask(request("GET", "/", "Content-Length: 3\r\n") + "abc");
  EXPECT_EQ(backend.request().body, "abc");
}

TEST_F(H1ToH1, AChunkedRequestStaysChunked) {
  Gateway gateway(backend);
  Client(gateway).ask(chunked_post("/") + chunk("one ") + chunk("two") + std::string(kLastChunk));
  EXPECT_EQ(backend.request()["Transfer-Encoding"], "chunked");
  EXPECT_EQ(backend.request().body, "one two");
}

TEST_F(H1ToH1, AnEmptyChunkedRequestPasses) {
  Gateway gateway(backend);
  EXPECT_EQ(Client(gateway).ask(chunked_post("/") + std::string(kLastChunk)).status(), 200);
  EXPECT_EQ(backend.request().body, "");
}

TEST_F(H1ToH1, ChunkExtensionsStayBehind) {
  Gateway gateway(backend);
  Client(gateway).ask(chunked_post("/") + "3;name=value\r\nabc\r\n0;last\r\n\r\n");
  EXPECT_EQ(backend.request().body, "abc");
  EXPECT_THAT(backend.request().raw, testing::Not(testing::HasSubstr(";name")));
}

TEST_F(H1ToH1, RequestTrailersReachUpstream) {
  Gateway gateway(backend);
  Client(gateway).ask(chunked_post("/", "Trailer: X-Sum\r\n") + chunk("abc") + "0\r\nX-Sum: 3\r\nX-More: m\r\n\r\n");
  EXPECT_EQ(backend.request().trailers.get("X-Sum"), "3");
  EXPECT_EQ(backend.request().trailers.get("X-More"), "m");
}

TEST_F(H1ToH1, AChunkedAnswerStaysChunked) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("one ") + chunk("two") + "0\r\n\r\n");
  const Message answer = Client(gateway).get("/");
  EXPECT_EQ(answer["Transfer-Encoding"], "chunked");
  EXPECT_EQ(answer.body, "one two");
}

TEST_F(H1ToH1, ResponseTrailersReachTheClient) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("x") + "0\r\nX-Sum: 1\r\n\r\n");
  const Message answer = Client(gateway).get("/", "TE: trailers\r\nConnection: TE\r\n");
  EXPECT_EQ(answer.trailers.get("X-Sum"), "1");
  EXPECT_TRUE(answer.complete);
}

// RFC 9110 §6.5.1: what frames, routes or authenticates a message must not come after it.
TEST_F(H1ToH1, FramingFieldsInTrailersAreRefused) {
  Gateway gateway(backend);
  for (const char* field : {"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"}) {
    Client client(gateway);
    expect_problem(client.ask(chunked_post("/") + chunk("abc") + "0\r\n" + field + "\r\n"), 400, "bad_request");
    EXPECT_TRUE(client.ends());
  }
}

TEST_F(H1ToH1, RoutingFieldsInTrailersStayBehind) {
  Gateway gateway(backend);
  Client client(gateway);
  client.send(chunked_post("/") + chunk("abc") + "0\r\nHost: b\r\nX-Sum: 3\r\nAuthorization: b\r\n\r\n");
  EXPECT_EQ(client.response().status(), 200);
  const Message request = backend.take_request();
  ASSERT_EQ(request.trailers.list.size(), 1u) << request.raw;
  EXPECT_EQ(request.trailers.get("X-Sum"), "3");
}

TEST_F(H1ToH1, AnAnswerToHeadHasNoBody) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  Client client(gateway);
  client.send(request("HEAD", "/"));
  EXPECT_EQ(client.response_to_head()["Content-Length"], "1000");
  backend.answer(ok_response("next"));
  EXPECT_EQ(client.get("/").body, "next");
  EXPECT_EQ(backend.connections(), 1u);
}

TEST_F(H1ToH1, AChunkedAnswerToHeadHasNoBody) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  Client client(gateway);
  client.send(request("HEAD", "/"));
  EXPECT_EQ(client.response_to_head().status(), 200);
  backend.answer(ok_response("next"));
  EXPECT_EQ(client.get("/").body, "next");
}

TEST_F(H1ToH1, AnswersThatCannotHaveABodyHaveNone) {
  Gateway gateway(backend);
  Client client(gateway);
  for (const char* head : {"204 No Content\r\n", "304 Not Modified\r\nContent-Length: 7\r\nETag: \"a\"\r\n"}) {
    backend.answer("HTTP/1.1 " + std::string(head) + "\r\n");
    EXPECT_EQ(client.get("/").body, "");
  }
  EXPECT_EQ(backend.connections(), 1u);
}

TEST_F(H1ToH1, AnAnswerOfLengthZeroEndsAtOnce) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  Client client(gateway);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/")["Content-Length"], "0");
}

TEST_F(H1ToH1, TheClientReadsTheBeginningBeforeTheBackendHasTheEnd) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
    exchange.stall();
    exchange.reply("later");
  });
  Client client(gateway);
  client.send(get("/"));
  client.head();
  EXPECT_EQ(client.read_exactly(5), "first");
  backend.release();
  EXPECT_EQ(client.read_exactly(5), "later");
}

TEST_F(H1ToH1, TheBackendReadsTheBeginningBeforeTheClientHasTheEnd) {
  Gateway gateway(backend);
  backend.on_head([](Exchange& exchange) {
    EXPECT_EQ(exchange.connection().read_exactly(5), "first");
    exchange.reply("HTTP/1.1 103 Early Hints\r\n\r\n");
    EXPECT_EQ(exchange.connection().read_exactly(5), "later");
    exchange.ok("done");
  });
  Client client(gateway);
  client.send(request("POST", "/", "Content-Length: 10\r\n") + "first");
  EXPECT_EQ(client.head().status(), 103);
  EXPECT_EQ(client.ask("later").body, "done");
}

TEST_F(H1ToH1, ABackendMayAnswerBeforeTheBodyIsThere) {
  Gateway gateway(backend);
  backend.on_head([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    exchange.close();
  });
  Client client(gateway);
  client.send(request("POST", "/", "Content-Length: 1000\r\n") + "begun");
  const Message answer = client.response();
  EXPECT_EQ(answer.status(), 403);
  EXPECT_EQ(answer.body, "no");
}

}  // namespace
}  // namespace penstock::e2e
