// Upgrade, CONNECT, TRACE and Expect: ways in which bytes stop being requests, RFC 9110 §7.8, §9.3, §10.1.1.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

const std::string kUpgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n";
const std::string kSwitch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
const std::string kPlain = get_with("");
const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/// What the backend gets of a request for an upgrade: our Connection field stands last.
const std::string kUpgradeForwarded = get_with("Upgrade: websocket\r\nConnection: upgrade\r\n");

// h2c opens a way past every rule (CVE-2021-32781 and "h2c smuggling"); RFC 9110 §7.8 lets a server pass over an
// Upgrade.
TEST_F(Hostile, OnlyWebSocketUpgradesPass) {
  Gateway gateway(backend);
  expect_all(
      gateway,
      {passed("websocket", get_with(kUpgrade), kUpgradeForwarded),
       passed("in other letters", get_with("connection: UPGRADE\r\nupgrade: WebSocket\r\n"),
              get_with("upgrade: WebSocket\r\nConnection: upgrade\r\n")),
       passed("h2c", get_with("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
              kPlain),
       passed("h2c, settings not named",
              get_with("Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), kPlain),
       passed("h2c beside websocket", get_with("Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n"), kPlain),
       passed("h2c in a second field", get_with(kUpgrade + "Upgrade: h2c\r\n"), kPlain),
       passed("h2c in a first field", get_with("Upgrade: h2c\r\n" + kUpgrade), kPlain),
       passed("TLS", get_with("Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n"), kPlain),
       passed("HTTP/2.0", get_with("Connection: Upgrade\r\nUpgrade: HTTP/2.0\r\n"), kPlain),
       passed("an empty one", get_with("Connection: Upgrade\r\nUpgrade:\r\n"), kPlain),
       passed("websocket with a version", get_with("Connection: Upgrade\r\nUpgrade: websocket/13\r\n"), kPlain),
       passed("not named by Connection", get_with("Upgrade: websocket\r\n"), kPlain),
       passed("named, but not there", get_with("Connection: upgrade\r\n"), kPlain)});
}

TEST_F(Hostile, AnUpgradeIsAGetWithoutABody) {
  Gateway gateway(backend);
  expect_all(gateway, {passed("of a POST", post_with(kUpgrade), post_with("")),
                       passed("of a POST with a body", post_with(kUpgrade + "Content-Length: 5\r\n", "hello"),
                              post_with("Content-Length: 5\r\n", "hello")),
                       passed("with a length", get_with(kUpgrade + "Content-Length: 5\r\n") + "hello",
                              get_with("Content-Length: 5\r\n") + "hello"),
                       passed("with chunks", get_with(kUpgrade + "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n",
                              get_with("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"),
                       passed_and_closed("of HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n" + kUpgrade + "\r\n", kPlain)});
}

// CVE-2024-23326 (a 200 taken for consent), CVE-2026-2833: without a 101 what follows is the next request, and judged
// as one.
TEST_F(Hostile, WithoutASwitchTheNextBytesAreTheNextRequest) {
  Gateway gateway(backend);
  RequestCase two = passed("a request behind it", get_with(kUpgrade) + get_with("X: 2\r\n"),
                           kUpgradeForwarded + get_with("X: 2\r\n"));
  two.served = 2;
  RequestCase bad = passed("nonsense behind it", get_with(kUpgrade) + "early data\r\n\r\n", kUpgradeForwarded);
  bad.refusal = {400, 501};
  RequestCase h2 =
      passed("an HTTP/2 preface behind it",
             get_with("Connection: Upgrade\r\nUpgrade: h2c\r\n") + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", kPlain);
  h2.refusal = {400, 505};
  expect_all(gateway, {two, bad, h2});
}

TEST_F(Hostile, ASwitchThatWasNotAskedForIsABadGateway) {
  Gateway gateway(backend);
  const std::string asking = get_with(kUpgrade);
  expect_all(
      gateway,
      {bad_gateway("not asked at all", kSwitch),
       bad_gateway("not asked, bytes behind it", kSwitch + "HTTP/1.1 200 OK\r\n\r\nowned"),
       to(post_with(kUpgrade), bad_gateway("asked by POST", kSwitch)),
       to("GET / HTTP/1.0\r\nHost: a\r\n" + kUpgrade + "\r\n", bad_gateway("asked by HTTP/1.0", kSwitch)),
       to(get_with("Connection: Upgrade\r\nUpgrade: h2c\r\n"),
          bad_gateway("h2c", "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")),
       to(asking, bad_gateway("to another protocol", "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")),
       to(asking, bad_gateway("to two protocols",
                              "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n")),
       to(asking, bad_gateway("without Upgrade", "HTTP/1.1 101 x\r\nConnection: upgrade\r\n\r\n")),
       to(asking, bad_gateway("without Connection", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n")),
       to(asking, bad_gateway("by HTTP/1.0", "HTTP/1.0 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")),
       to(asking,
          bad_gateway(
              "with chunks",
              "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n"))});
}

// CVE-2025-64763: what comes before the switch is not the new protocol's yet.
TEST_F(Hostile, EarlyDataWaitsForTheSwitch) {
  Gateway gateway(backend);
  backend.on_head([](Exchange& exchange) {
    if (exchange.request().target() == "/after") return exchange.ok("ok");
    EXPECT_TRUE(exchange.connection().stays_quiet(milliseconds(20)));
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
  });
  Client client(gateway);
  client.send(get_with(kUpgrade) + "\x81\x05hello");
  EXPECT_EQ(client.response().status(), 200);
  EXPECT_EQ(client.response().status(), 400);
  EXPECT_TRUE(client.ends());
  expect_service(gateway);
}

// RFC 9110 §9.3.6. A client that has sent its tunnel's first bytes already must not have them read as a request.
TEST_F(Hostile, ConnectIsRefusedAndTheConnectionClosed) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const char* target :
       {"a:443", "127.0.0.1:25", "[::1]:80", "a", "/", "http://a/", "*", ":443", "a:x", "u@a:443", ""}) {
    cases.push_back(refused(target, head("CONNECT " + std::string(target) + " HTTP/1.1") + kSmuggled, {400, 405}));
  }
  cases.push_back(refused(
      "with a body",
      head("CONNECT a:443 HTTP/1.1", "Content-Length: " + std::to_string(kSmuggled.size()) + "\r\n") + kSmuggled,
      {400, 405}));
  cases.push_back(refused("with chunks",
                          head("CONNECT a:443 HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n" + kSmuggled,
                          {400, 405}));
  cases.push_back(refused("HTTP/1.0", head("CONNECT a:443 HTTP/1.0") + kSmuggled, {400, 405}));
  expect_all(gateway, cases);
}

TEST_F(Hostile, TraceDoesNotReflectCredentials) {
  Gateway gateway(backend);
  Client client(gateway);
  const Message answer = client.ask(head("TRACE / HTTP/1.1", "Cookie: secret=1\r\n"));
  EXPECT_EQ(answer.status(), 405);
  EXPECT_NE(answer["Allow"], "");
  EXPECT_EQ(answer.raw.find("secret"), std::string::npos);
  EXPECT_EQ(client.get("/after").status(), 200);
  EXPECT_EQ(backend.request_count(), 1u);
}

TEST_F(Hostile, ExpectationsOtherThanContinueAreRefused) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const char* value :
       {"miracles", "100-continue, x", "100", "continue", "100-continue;q=1", "\"100-continue\"", "y 100-continue"}) {
    cases.push_back(
        refused(value, post_with("Expect: " + std::string(value) + "\r\nContent-Length: 5\r\n", "hello"), {417}));
  }
  cases.push_back(
      refused("a second one", post_with("Expect: 100-continue\r\nExpect: x\r\nContent-Length: 5\r\n", "hello"), {417}));
  expect_all(gateway, cases);
}

TEST_F(Hostile, ExpectContinuePasses) {
  Gateway gateway(backend);
  const std::string expecting = post_with("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello");
  expect_all(
      gateway,
      {passed("plain", expecting),
       passed("in other letters", post_with("Expect: 100-CONTINUE\r\nContent-Length: 5\r\n", "hello")),
       passed("Connection does not take it away",
              post_with("Connection: Expect\r\nExpect: 100-continue\r\nContent-Length: 5\r\n", "hello"), expecting),
       passed_and_closed("HTTP/1.0 has none",
                         "POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
                         post_with("Content-Length: 5\r\n", "hello"))});
}

// CVE-2025-32094: the body that was announced, and the request that was not.
TEST_F(Hostile, ABodyBehindARefusedExpectationIsNoRequest) {
  Gateway gateway(backend, {.routes = "- { match: { path: /here }, respond: { status: 200, body: here } }\n"});
  const std::string length = "Content-Length: " + std::to_string(kSmuggled.size()) + "\r\n";
  RequestCase here =
      passed("answered here", head("POST /here HTTP/1.1", "Expect: 100-continue\r\n" + length) + kSmuggled, "");
  here.closes = true;
  expect_all(gateway, {here, refused("with a folded line",
                                     head("OPTIONS / HTTP/1.1", "Expect:\r\n 100-continue\r\n" + length) + kSmuggled)});
}

}  // namespace
}  // namespace penstock::e2e
