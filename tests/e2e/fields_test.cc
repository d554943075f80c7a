// Which header fields pass, which stay behind, and which the gateway adds.
#include <algorithm>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Additions kTrusting{.top = "trusted_proxies: [127.0.0.0/8]\n"};

TEST_F(H1ToH1, EndToEndFieldsPassInOrder) {
  Gateway gateway(backend);
  Client(gateway).get("/", "X-B: 1\r\nX-A: two words\r\nX-B: 2\r\nX-Empty:\r\nCookie: a=b; c=d\r\nX-Tab: a\tb\r\n");
  const Message request = backend.request();
  EXPECT_THAT(request.fields.all("X-B"), ElementsAre("1", "2"));
  EXPECT_EQ(request["X-A"], "two words");
  EXPECT_TRUE(request.fields.has("X-Empty"));
  EXPECT_EQ(request["Cookie"], "a=b; c=d");
  EXPECT_EQ(request["X-Tab"], "a\tb");
}

TEST_F(H1ToH1, RepeatedResponseFieldsStayApart) {
  Gateway gateway(backend);
  backend.answer(ok_response("", "Set-Cookie: a=1, b\r\nSet-Cookie: c=2\r\nServer: shop\r\n"));
  const Message answer = Client(gateway).get("/");
  EXPECT_THAT(answer.fields.all("Set-Cookie"), ElementsAre("a=1, b", "c=2"));
  EXPECT_EQ(answer["Server"], "shop");
}

TEST_F(H1ToH1, BytesAbove127InAValuePass) {
  Gateway gateway(backend);
  Client(gateway).get("/", "X-Name: caf\xc3\xa9 \xe9\r\n");
  EXPECT_EQ(backend.request()["X-Name"], "caf\xc3\xa9 \xe9");
}

TEST_F(H1ToH1, HopByHopRequestFieldsStayBehind) {
  Gateway gateway(backend);
  Client(gateway).get("/", "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nUpgrade: x/1\r\n");
  const Message request = backend.request();
  for (const char* name : {"Keep-Alive", "Proxy-Connection", "TE", "Upgrade"}) {
    EXPECT_THAT(request.fields.all(name), IsEmpty()) << name;
  }
}

TEST_F(H1ToH1, HopByHopResponseFieldsStayBehind) {
  Gateway gateway(backend);
  backend.answer(ok_response("x", "Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nUpgrade: h2c\r\n"));
  const Message answer = Client(gateway).get("/");
  for (const char* name : {"Keep-Alive", "Proxy-Connection", "Upgrade"}) {
    EXPECT_THAT(answer.fields.all(name), IsEmpty()) << name;
  }
}

TEST_F(H1ToH1, FieldsNamedByConnectionStayBehind) {
  Gateway gateway(backend);
  Client(gateway).get("/", "X-One: 1\r\nConnection: x-one, close\r\nX-Two: 2\r\nConnection: X-Two\r\nX-Three: 3\r\n");
  const Message request = backend.request();
  EXPECT_FALSE(request.fields.has("X-One"));
  EXPECT_FALSE(request.fields.has("X-Two"));
  EXPECT_EQ(request["X-Three"], "3");
}

TEST_F(H1ToH1, ResponseFieldsNamedByConnectionStayBehind) {
  Gateway gateway(backend);
  backend.answer(ok_response("x", "Connection: X-Secret\r\nX-Secret: 1\r\nX-Public: 2\r\n"));
  const Message answer = Client(gateway).get("/");
  EXPECT_FALSE(answer.fields.has("X-Secret"));
  EXPECT_EQ(answer["X-Public"], "2");
}

// CVE-2022-31813: a Connection field made a proxy drop what it had added itself.
TEST_F(H1ToH1, ConnectionCannotRemoveWhatTheGatewayAdds) {
  Gateway gateway(backend);
  Client(gateway).get("/", "Connection: close, X-Forwarded-For, X-Forwarded-Proto, X-Request-Id, Via, Host\r\n");
  const Message request = backend.request();
  for (const char* name : {"X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id", "Via", "Host"}) {
    EXPECT_TRUE(request.fields.has(name)) << name;
  }
}

TEST_F(H1ToH1, TheBackendLearnsWhoAskedForWhat) {
  Gateway gateway(backend);
  Client(gateway).get("/");
  const Message request = backend.request();
  EXPECT_THAT(request.fields.all("X-Forwarded-For"), ElementsAre("127.0.0.1"));
  EXPECT_THAT(request.fields.all("X-Forwarded-Proto"), ElementsAre("http"));
  EXPECT_THAT(request.fields.all("X-Forwarded-Host"), ElementsAre("test.example"));
}

TEST_F(H1ToH1, ForwardedFieldsOfAStrangerAreReplaced) {
  Gateway gateway(backend);
  Client(gateway).get("/",
                      "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\nX-Forwarded-Proto: https\r\n"
                      "X-Forwarded-Host: evil.example\r\nForwarded: for=6.6.6.6\r\n");
  const Message request = backend.request();
  EXPECT_THAT(request.fields.all("X-Forwarded-For"), ElementsAre("127.0.0.1"));
  EXPECT_THAT(request.fields.all("X-Forwarded-Proto"), ElementsAre("http"));
  EXPECT_THAT(request.fields.all("X-Forwarded-Host"), ElementsAre("test.example"));
  EXPECT_FALSE(request.fields.has("Forwarded"));
}

TEST_F(H1ToH1, ForwardedFieldsOfATrustedProxyAreContinued) {
  Gateway gateway(backend, kTrusting);
  Client(gateway).get("/",
                      "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n");
  const Message request = backend.request();
  EXPECT_THAT(request.fields.all("X-Forwarded-For"), ElementsAre("6.6.6.6, 127.0.0.1"));
  EXPECT_THAT(request.fields.all("X-Forwarded-Proto"), ElementsAre("https"));
  EXPECT_THAT(request.fields.all("X-Forwarded-Host"), ElementsAre("shop.example"));
}

TEST_F(H1ToH1, TheLoggedClientIsTheOneBehindTrustedProxies) {
  Gateway gateway(backend, kTrusting);
  Client(gateway).get("/", "X-Forwarded-For: 9.9.9.9, 6.6.6.6, 127.0.0.7\r\n");
  EXPECT_EQ(json_member(gateway.access_line(), "client_ip"), "6.6.6.6");
}

// A trusted proxy that passes a stranger's Connection field on must not make us believe what that field takes back.
TEST_F(H1ToH1, WhatConnectionNamesIsNotBelievedEither) {
  Gateway gateway(backend, kTrusting);
  const Message answer = Client(gateway).get("/",
                                             "Connection: X-Forwarded-For, X-Request-Id\r\n"
                                             "X-Forwarded-For: 6.6.6.6\r\nX-Request-Id: abc-1\r\n");
  EXPECT_NE(answer["X-Request-Id"], "abc-1");
  EXPECT_EQ(json_member(gateway.access_line(), "client_ip"), "127.0.0.1");
}

TEST_F(H1ToH1, ForwardedIsAddedWhenAsked) {
  Gateway gateway(backend, {.top = "forwarded_headers: { x_forwarded: false, forwarded: true }\n"});
  Client(gateway).get("/");
  const Message request = backend.request();
  EXPECT_THAT(request["Forwarded"], HasSubstr("for=127.0.0.1"));
  EXPECT_THAT(request["Forwarded"], HasSubstr("proto=http"));
  EXPECT_THAT(request["Forwarded"], testing::ContainsRegex("host=\"?test.example"));
  EXPECT_FALSE(request.fields.has("X-Forwarded-For"));
}

TEST_F(H1ToH1, ViaTellsTheClientsVersionAndTheGateway) {
  Gateway gateway(backend);
  Client(gateway).get("/");
  Client(gateway).ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_THAT(backend.requests(2)[0].fields.all("Via"), ElementsAre("1.1 penstock"));
  EXPECT_THAT(backend.requests(2)[1].fields.all("Via"), ElementsAre("1.0 penstock"));
}

TEST_F(H1ToH1, ViaKeepsTheChain) {
  Gateway gateway(backend);
  Client(gateway).get("/", "Via: 1.0 fred\r\n");
  std::string chain;
  for (const std::string& via : backend.request().fields.all("Via")) chain += (chain.empty() ? "" : ", ") + via;
  EXPECT_EQ(chain, "1.0 fred, 1.1 penstock");
}

TEST_F(H1ToH1, ARequestIdGoesBothWays) {
  Gateway gateway(backend);
  const Message answer = Client(gateway).get("/");
  const std::string id = backend.request()["X-Request-Id"];
  EXPECT_EQ(id.size(), 36u);
  EXPECT_THAT(answer.fields.all("X-Request-Id"), ElementsAre(id));
  EXPECT_EQ(json_member(gateway.access_line(), "request_id"), id);
}

TEST_F(H1ToH1, RequestIdsSortByTime) {
  Gateway gateway(backend);
  Client client(gateway);
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(client.get("/")["X-Request-Id"]);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST_F(H1ToH1, AStrangersRequestIdIsReplaced) {
  Gateway gateway(backend);
  EXPECT_NE(Client(gateway).get("/", "X-Request-Id: mine\r\n")["X-Request-Id"], "mine");
  EXPECT_EQ(backend.request().fields.all("X-Request-Id").size(), 1u);
  EXPECT_NE(backend.request()["X-Request-Id"], "mine");
}

TEST_F(H1ToH1, ATrustedProxysRequestIdIsTakenOver) {
  Gateway gateway(backend, kTrusting);
  EXPECT_EQ(Client(gateway).get("/", "X-Request-Id: abc-1\r\n")["X-Request-Id"], "abc-1");
  EXPECT_THAT(backend.request().fields.all("X-Request-Id"), ElementsAre("abc-1"));
}

TEST_F(H1ToH1, AnOddRequestIdIsReplacedWhoeverSendsIt) {
  Gateway gateway(backend, kTrusting);
  Client client(gateway);
  for (const std::string& odd : {std::string("two words"), std::string(200, 'a'), std::string("\"quoted\"")}) {
    const std::string id = client.get("/", "X-Request-Id: " + odd + "\r\n")["X-Request-Id"];
    EXPECT_EQ(id.size(), 36u) << id;
    EXPECT_THAT(backend.take_request().fields.all("X-Request-Id"), ElementsAre(id));
  }
}

}  // namespace
}  // namespace penstock::e2e
