// 1xx answers and Expect: 100-continue.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

constexpr const char* kExpecting = "Expect: 100-continue\r\nContent-Length: 4\r\n";

TEST_F(H1ToH1, TheClientsExpectationIsAnsweredByTheBackend) {
  Gateway gateway(backend);
  backend.on_head([](Exchange& exchange) {
    EXPECT_EQ(exchange.request()["Expect"], "100-continue");
    exchange.reply("HTTP/1.1 100 Continue\r\n\r\n");
    exchange.ok(exchange.read_body().body);
  });
  Client client(gateway);
  client.send(request("POST", "/", kExpecting));
  EXPECT_EQ(client.head().status(), 100);
  EXPECT_EQ(client.ask("body").body, "body");
}

TEST_F(H1ToH1, ABackendMayRefuseTheBodyThatAClientAnnounces) {
  Gateway gateway(backend);
  backend.on_head([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    exchange.close();
  });
  Client client(gateway);
  client.send(request("POST", "/", kExpecting));
  const Message answer = client.response();
  EXPECT_EQ(answer.status(), 401);
  EXPECT_TRUE(answer.interim.empty());
}

// The next request must not be read as the body that never came, nor the other way round.
TEST_F(H1ToH1, ARefusedBodyEndsTheConnectionOrIsReadAsABody) {
  Gateway gateway(backend);
  backend.on_head([](Exchange& exchange) { exchange.reply("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"); });
  Client client(gateway);
  client.send(
      request("POST", "/", "Expect: 100-continue\r\nContent-Length: " + std::to_string(get("/x").size()) + "\r\n"));
  EXPECT_EQ(client.response().status(), 417);
  try {
    client.send(get("/x"));
    client.read_to_end();
  } catch (const Ended&) {
  }
  for (const Message& request : backend.take_requests()) EXPECT_NE(request.target(), "/x");
}

TEST_F(H1ToH1, AClientThatDoesNotWaitForContinueIsServed) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) { exchange.ok(exchange.request().body); });
  Client client(gateway);
  EXPECT_EQ(client.ask(request("POST", "/", kExpecting) + "body").body, "body");
  EXPECT_EQ(client.get("/").status(), 200);
}

TEST_F(H1ToH1, EarlyHintsReachTheClientAtOnce) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
    exchange.stall();
    exchange.ok("page");
  });
  Client client(gateway);
  client.send(get("/"));
  const Message hints = client.head();
  EXPECT_EQ(hints.status(), 103);
  EXPECT_EQ(hints["Link"], "</style.css>; rel=preload");
  backend.release();
  EXPECT_EQ(client.response().body, "page");
}

TEST_F(H1ToH1, SeveralInterimAnswersPassInOrder) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok_response("end"));
  const Message answer = Client(gateway).get("/");
  ASSERT_EQ(answer.interim.size(), 2u);
  EXPECT_EQ(answer.interim[0].status(), 102);
  EXPECT_EQ(answer.interim[1].status(), 103);
  EXPECT_EQ(answer.body, "end");
}

TEST_F(H1ToH1, AnHttp10ClientGetsNoInterimAnswers) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok_response("end"));
  const Message answer = Client(gateway).ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.interim.empty());
  EXPECT_EQ(answer.body, "end");
}

TEST_F(H1ToH1, AnUnknownExpectationIsRefused) {
  Gateway gateway(backend);
  expect_problem(Client(gateway).get("/", "Expect: miracles\r\n"), 417, "expectation_failed");
  EXPECT_EQ(backend.request_count(), 0u);
}

}  // namespace
}  // namespace penstock::e2e
