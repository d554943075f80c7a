// What reaches the backend of a request line, and what reaches the client of an answer.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

TEST_F(H1ToH1, TheBackendsAnswerReachesTheClient) {
  Gateway gateway(backend);
  backend.answer(
      "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-Color: green\r\nContent-Type: text/plain\r\n\r\nhello");
  const Message answer = Client(gateway).get("/");
  EXPECT_EQ(answer.status(), 201);
  EXPECT_EQ(answer["X-Color"], "green");
  EXPECT_EQ(answer["Content-Type"], "text/plain");
  EXPECT_EQ(answer.body, "hello");
}

TEST_F(H1ToH1, PathAndQueryArriveAsTheyWereSent) {
  Gateway gateway(backend);
  for (const char* target : {"/", "/a%20b/%7Ec;p=1?q=%2F&x=a+b&&y", "/x?", "/?a=/../b", "/%C3%A9?%C3%A9", "/a//b/"}) {
    Client(gateway).get(target);
    EXPECT_EQ(backend.take_request().target(), target);
  }
}

// The backend must see the path that the routes have judged.
TEST_F(H1ToH1, DotSegmentsAreResolvedBeforeTheBackendSeesThem) {
  Gateway gateway(backend);
  for (const char* target : {"/a/../b", "/a/%2e%2E/b", "/./b", "/b"}) {
    Client(gateway).get(target);
    EXPECT_EQ(backend.take_request().target(), "/b") << target;
  }
}

TEST_F(H1ToH1, APathThatClimbsAboveItsRootIsRefused) {
  Gateway gateway(backend);
  for (const char* target : {"/../b", "/a/../../b", "/%2e%2e/b"}) {
    expect_problem(Client(gateway).get(target), 400, "bad_request");
  }
  EXPECT_EQ(backend.request_count(), 0u);
}

TEST_F(H1ToH1, TheMethodArrivesAsItWasSent) {
  Gateway gateway(backend);
  Client client(gateway);
  for (const char* method : {"GET", "DELETE", "OPTIONS", "PROPFIND"}) {
    client.ask(request(method, "/"));
    EXPECT_EQ(backend.take_request().method(), method);
  }
}

TEST_F(H1ToH1, TheUpstreamRequestIsHttp11WhateverTheClientSpeaks) {
  Gateway gateway(backend);
  Client(gateway).ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_EQ(backend.request().start_line, "GET / HTTP/1.1");
}

TEST_F(H1ToH1, HostIsPassedThrough) {
  Gateway gateway(backend);
  Client(gateway).ask("GET / HTTP/1.1\r\nHost: Shop.Example:8080\r\n\r\n");
  EXPECT_THAT(backend.request().fields.all("Host"), testing::ElementsAre("Shop.Example:8080"));
}

TEST_F(H1ToH1, AbsoluteFormBecomesOriginForm) {
  Gateway gateway(backend);
  Client(gateway).ask("GET http://shop.example/p?q HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  EXPECT_EQ(backend.request().target(), "/p?q");
  EXPECT_THAT(backend.request().fields.all("Host"), testing::ElementsAre("shop.example"));
}

// RFC 9112 §3.2.2: the received Host is ignored and replaced.
TEST_F(H1ToH1, TheAuthorityOfAnAbsoluteFormReplacesHost) {
  Gateway gateway(backend);
  Client(gateway).ask("GET http://shop.example:81/ HTTP/1.1\r\nHost: other.example\r\n\r\n");
  EXPECT_THAT(backend.request().fields.all("Host"), testing::ElementsAre("shop.example:81"));
}

TEST_F(H1ToH1, AnAbsoluteFormWithoutAPathAsksForTheRoot) {
  Gateway gateway(backend);
  Client(gateway).ask("GET http://shop.example?q HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  EXPECT_EQ(backend.request().target(), "/?q");
}

// An HTTP/1.0 request may lack it, an HTTP/1.1 request must not.
TEST_F(H1ToH1, ARequestWithoutHostGetsOneUpstream) {
  Gateway gateway(backend);
  EXPECT_EQ(Client(gateway).ask("GET / HTTP/1.0\r\n\r\n").status(), 200);
  EXPECT_EQ(backend.request().fields.all("Host").size(), 1u);
}

TEST_F(H1ToH1, AnEmptyLineBeforeARequestIsForgiven) {
  Gateway gateway(backend);
  EXPECT_EQ(Client(gateway).ask("\r\n" + get("/")).status(), 200);
}

TEST_F(H1ToH1, EveryStatusIsPassedOn) {
  Gateway gateway(backend);
  Client client(gateway);
  for (const int status : {200, 202, 206, 302, 400, 404, 418, 429, 500, 503, 599}) {
    backend.answer("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(client.get("/").status(), status);
  }
}

TEST_F(H1ToH1, AnEmptyReasonPhraseIsFine) {
  Gateway gateway(backend);
  backend.answer("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(Client(gateway).get("/").body, "hi");
}

}  // namespace
}  // namespace penstock::e2e
