// Peers that go away, refuse or talk nonsense.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

TEST_F(H1ToH1, AnEndpointThatRefusesIsABadGateway) {
  const RefusedPort refused;
  Gateway gateway(gateway_yaml(refused.address()));
  expect_proxy_error(Client(gateway).get("/"), 502, "connect_failed", "connection_refused");
}

TEST_F(H1ToH1, AClientThatLeavesCancelsItsWork) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  Client client(gateway);
  client.send(get("/"));
  backend.request();
  const Stopwatch watch;
  client.close();
  ASSERT_TRUE(backend.wait_for_closed(1));
  EXPECT_LT(watch.elapsed(), milliseconds(5000));
  EXPECT_EQ(json_member(gateway.access_line(), "status"), "499");
}

TEST_F(H1ToH1, AClientThatResetsCancelsItsWork) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  Client client(gateway);
  client.send(get("/"));
  backend.request();
  client.reset();
  ASSERT_TRUE(backend.wait_for_closed(1));
  EXPECT_EQ(json_member(gateway.access_line(), "status"), "499");
}

TEST_F(H1ToH1, AHalfCloseCountsAsLeaving) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  Client client(gateway);
  client.send(get("/"));
  backend.request();
  client.finish_sending();
  EXPECT_TRUE(backend.wait_for_closed(1));
  EXPECT_EQ(json_member(gateway.access_line(), "status"), "499");
}

TEST_F(H1ToH1, AClientThatLeavesInTheMiddleOfAnAnswerCancelsTheRest) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    exchange.await_close();
  });
  Client client(gateway);
  client.send(get("/"));
  client.head();
  client.close();
  ASSERT_TRUE(backend.wait_for_closed(1));
  EXPECT_EQ(json_member(gateway.access_line(), "error"), "client_gone");
}

TEST_F(H1ToH1, AClientThatLeavesInTheMiddleOfItsBodyIsNoCompleteRequest) {
  Gateway gateway(backend);
  Client client(gateway);
  client.send(chunked_post("/") + chunk("half"));
  ASSERT_TRUE(eventually([&] { return backend.received().find("half") != std::string::npos; }));
  client.close();
  ASSERT_TRUE(backend.wait_for_closed(1));
  EXPECT_FALSE(backend.take_request().complete);
}

TEST_F(H1ToH1, APipelinedRequestDoesNotSurviveItsClient) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  Client client(gateway);
  client.send(get("/1") + get("/2"));
  backend.request();
  client.close();
  EXPECT_TRUE(backend.wait_for_closed(1));
  EXPECT_EQ(Client(gateway).get("/3", "X-Request-Timeout-Ms: 50\r\n").status(), 504);
  EXPECT_EQ(backend.requests(2).back().target(), "/3");
}

class H1Truncated : public H1ToH1 {
 protected:
  /// The backend sends this and closes; the client must see that something is missing.
  void expect_incomplete(const std::string& bytes, const std::string& client_fields = "") {
    Gateway gateway(backend);
    backend.on_request([bytes](Exchange& exchange) {
      exchange.reply(bytes);
      exchange.close();
    });
    Client client(gateway);
    const Message answer = client.get("/", client_fields);
    EXPECT_FALSE(answer.complete) << answer.raw;
    EXPECT_EQ(json_member(gateway.access_line(), "error"), "upstream_truncated");
  }
};

TEST_F(H1Truncated, AShortBodyIsNotPassedOffAsComplete) {
  expect_incomplete("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
}

TEST_F(H1Truncated, AMissingLastChunkIsNotPassedOffAsComplete) {
  expect_incomplete("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("whole"));
}

TEST_F(H1Truncated, AChunkCutInTheMiddleIsNotPassedOffAsComplete) {
  expect_incomplete("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf");
}

TEST_F(H1Truncated, TrailersCutInTheMiddleAreNotPassedOffAsComplete) {
  expect_incomplete("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("x") + "0\r\nX-Sum: ");
}

// Without chunks the end of the connection is the end of the body: only a reset tells that it was not.
TEST_F(H1Truncated, AnHttp10ClientSeesAResetInsteadOfAnEnd) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("half"));
    exchange.close();
  });
  Client client(gateway);
  client.ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.was_reset());
}

class H1BadBackend : public H1ToH1 {
 protected:
  void expect_bad_gateway(const std::string& bytes) {
    Gateway gateway(backend);
    backend.on_request([bytes](Exchange& exchange) {
      exchange.reply(bytes);
      exchange.close();
    });
    expect_problem(Client(gateway).get("/"), 502, "upstream_");
  }
};

TEST_F(H1BadBackend, AnAnswerThatIsNotHttpIsABadGateway) {
  expect_bad_gateway("SSH-2.0-OpenSSH_9.2\r\n");
}
TEST_F(H1BadBackend, AnHttp09AnswerIsABadGateway) {
  expect_bad_gateway("<html>hello</html>");
}
TEST_F(H1BadBackend, AnAnswerOfNothingIsABadGateway) {
  expect_bad_gateway("");
}
TEST_F(H1BadBackend, AnUnfinishedHeadIsABadGateway) {
  expect_bad_gateway("HTTP/1.1 200 OK\r\nX: 1\r\n");
}
TEST_F(H1BadBackend, TwoLengthsAreABadGateway) {
  expect_bad_gateway("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
}
TEST_F(H1BadBackend, AHugeHeadIsABadGateway) {
  expect_bad_gateway("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x') + "\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(H1BadBackend, TheProxyStatusNamesTheKindOfNonsense) {
  Gateway gateway(backend);
  backend.answer("nonsense\r\n\r\n");
  expect_proxy_error(Client(gateway).get("/"), 502, "upstream_protocol", "http_protocol_error");
}

}  // namespace
}  // namespace penstock::e2e
