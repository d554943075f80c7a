// What is too large, or not spoken here, is refused before a backend hears of it.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

class H1Limits : public H1ToH1 {
 protected:
  void TearDown() override { EXPECT_EQ(backend.request_count(), 0u); }

  /// Asks on a new connection; the gateway must refuse, and close.
  static void expect_refused(Gateway& gateway, std::string_view bytes, int status, std::string_view error) {
    Client client(gateway);
    expect_problem(client.ask(bytes), status, error);
    EXPECT_TRUE(client.ends());
  }
};

std::string many_fields(int count) {
  std::string fields;
  for (int i = 0; i < count; ++i) fields += "X-" + std::to_string(i) + ": 1\r\n";
  return fields;
}

TEST_F(H1Limits, ALongRequestLineIsRefused) {
  Gateway gateway(backend);
  expect_refused(gateway, get("/" + std::string(9000, 'a')), 414, "uri_too_long");
}

TEST_F(H1Limits, TheRequestLineLimitIsConfigurable) {
  Gateway gateway(backend, {.listener = "max: { request_line: 1KiB }"});
  expect_refused(gateway, get("/" + std::string(1100, 'a')), 414, "uri_too_long");
}

TEST_F(H1Limits, AnEndlessRequestLineIsRefusedBeforeItEnds) {
  Gateway gateway(backend);
  expect_refused(gateway, "GET /" + std::string(9000, 'a'), 414, "uri_too_long");
}

TEST_F(H1Limits, ALargeHeadIsRefused) {
  Gateway gateway(backend);
  expect_refused(gateway, get("/", "X-Large: " + std::string(33'000, 'a') + "\r\n"), 431, "headers_too_large");
}

TEST_F(H1Limits, AnEndlessHeadIsRefusedBeforeItEnds) {
  Gateway gateway(backend);
  expect_refused(gateway, "GET / HTTP/1.1\r\nX: " + std::string(40'000, 'a'), 431, "headers_too_large");
}

TEST_F(H1Limits, TooManyFieldsAreRefused) {
  Gateway gateway(backend);
  expect_refused(gateway, get("/", many_fields(101)), 431, "headers_too_large");
}

TEST_F(H1Limits, ABodyThatAnnouncesTooMuchIsRefusedAtOnce) {
  Gateway gateway(backend, {.listener = "max: { body: 1KiB }"});
  expect_refused(gateway, request("POST", "/", "Content-Length: 1025\r\n"), 413, "body_too_large");
}

TEST_F(H1Limits, TheDefaultBodyLimitIsTenMebibytes) {
  Gateway gateway(backend);
  expect_refused(gateway, request("POST", "/", "Content-Length: 10485761\r\n"), 413, "body_too_large");
}

TEST_F(H1Limits, ATransferCodingThatWeDoNotSpeakIsNotImplemented) {
  Gateway gateway(backend);
  expect_refused(gateway, request("POST", "/", "Transfer-Encoding: gzip, chunked\r\n"), 501, "coding_unknown");
}

TEST_F(H1Limits, AVersionThatWeDoNotSpeakIsNotSupported) {
  Gateway gateway(backend);
  expect_refused(gateway, "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "version_unsupported");
}

TEST_F(H1Limits, ARequestThatIsNotHttpIsRefused) {
  Gateway gateway(backend);
  expect_refused(gateway, "\x16\x03\x01 hello\r\n\r\n", 400, "bad_request");
}

TEST_F(H1Limits, ABadRequestIsNamedAsSuch) {
  Gateway gateway(backend);
  const Message answer = Client(gateway).ask("GET / HTTP/1.1\r\n\r\n");
  expect_proxy_error(answer, 400, "bad_request", "http_request_error");
  EXPECT_EQ(json_member(gateway.access_line(), "status"), "400");
}

TEST_F(H1ToH1, AsManyFieldsAsAllowedPass) {
  Gateway gateway(backend);
  EXPECT_EQ(Client(gateway).get("/", many_fields(99)).status(), 200);  // and Host
}

TEST_F(H1ToH1, AHeadJustBelowTheLimitPasses) {
  Gateway gateway(backend);
  EXPECT_EQ(Client(gateway).get("/", "X: " + std::string(32'000, 'a') + "\r\n").status(), 200);
  EXPECT_EQ(Client(gateway).get("/" + std::string(8000, 'a')).status(), 200);
}

TEST_F(H1ToH1, ABodyOfExactlyTheLimitPasses) {
  Gateway gateway(backend, {.listener = "max: { body: 1KiB }"});
  EXPECT_EQ(Client(gateway).ask(post("/", std::string(1024, 'b'))).status(), 200);
}

// The backend must not take what came before the limit for the whole.
TEST_F(H1ToH1, AChunkedBodyThatGrowsTooLargeIsCut) {
  Gateway gateway(backend, {.listener = "max: { body: 1KiB }"});
  Client client(gateway);
  const std::string half = chunk(std::string(600, 'b'));
  client.send(chunked_post("/") + half);
  ASSERT_TRUE(eventually([&] { return backend.received().find(half) != std::string::npos; }));
  EXPECT_EQ(client.ask(half).status(), 413);
  EXPECT_TRUE(client.ends());
  ASSERT_TRUE(backend.wait_for_closed(1));
  EXPECT_FALSE(backend.take_request().complete);
}

TEST_F(H1ToH1, ARouteMayTakeLargerBodies) {
  Gateway gateway(backend, {.listener = "max: { body: 1KiB }", .route = "max_body: unlimited"});
  EXPECT_EQ(Client(gateway).ask(post("/", std::string(100'000, 'b'))).status(), 200);
}

TEST_F(H1ToH1, EndlessTrailersAreRefused) {
  Gateway gateway(backend);
  Client client(gateway);
  const Message answer = client.ask(chunked_post("/") + "0\r\n" + many_fields(8000));
  EXPECT_EQ(answer.status(), 431);
  EXPECT_TRUE(client.ends());
}

}  // namespace
}  // namespace penstock::e2e
