// Fields that are meant for one hop, and fields that say who the client is: RFC 9110 §7.6, §10.1.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

const std::string kPlain = get_with("");

RequestCase leaves(const std::string& name, const std::string& fields, const std::string& left = "") {
  return passed(name, get_with(fields), get_with(left));
}

TEST_F(Hostile, FieldsNamedByConnectionGo) {
  Gateway gateway(backend);
  expect_all(
      gateway,
      {leaves("one", "Connection: X-Hop\r\nX-Hop: 1\r\n"), leaves("behind it", "X-Hop: 1\r\nConnection: X-Hop\r\n"),
       leaves("in other letters", "Connection: x-HOP\r\nX-Hop: 1\r\n"),
       leaves("repeated", "Connection: X-Hop\r\nX-Hop: 1\r\nX-Keep: 1\r\nx-hop: 2\r\n", "X-Keep: 1\r\n"),
       leaves("among others", "Connection: keep-alive, X-Hop ,\tX-Top\r\nX-Hop: 1\r\nX-Top: 1\r\n"),
       leaves("in the second field", "Connection: keep-alive\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"),
       leaves("empty elements", "Connection: ,, X-Hop,,\r\nX-Hop: 1\r\n"),
       leaves("none of that name", "Connection: X-Hop\r\nX-Hop-2: 1\r\n", "X-Hop-2: 1\r\n"),
       leaves("an empty one", "Connection:\r\n"), leaves("a cookie", "Connection: Cookie\r\nCookie: a=b\r\n"),
       passed_and_closed("with close", get_with("Connection: close, X-Hop\r\nX-Hop: 1\r\n"), kPlain),
       passed_and_closed("close in other letters", get_with("Connection: CLOSE\r\n"), kPlain),
       passed_and_closed("close wins", get_with("Connection: keep-alive, close\r\n"), kPlain),
       passed_and_closed("close in the second field", get_with("Connection: keep-alive\r\nConnection: close\r\n"),
                         kPlain)});
}

TEST_F(Hostile, ConnectionOptionsAreTokens) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const char* value : {"a b", "close;", "\"close\"", "X-Hop: 1", "a/b", "close; q=1", "(x)", "X-Hop=1", "\x80"}) {
    cases.push_back(refused(value, get_with("Connection: " + std::string(value) + "\r\n")));
  }
  expect_all(gateway, cases);
}

TEST_F(Hostile, HopByHopFieldsGo) {
  Gateway gateway(backend);
  expect_all(gateway,
             {leaves("Keep-Alive", "Keep-Alive: timeout=5\r\n"),
              leaves("Proxy-Connection", "Proxy-Connection: keep-alive\r\n"), leaves("TE", "TE: trailers, gzip\r\n"),
              leaves("TE, named", "Connection: TE\r\nTE: trailers\r\n"),
              leaves("Proxy-Authorization", "Proxy-Authorization: Basic eDp5\r\n"),
              leaves("Upgrade alone", "Upgrade: websocket\r\n"),
              leaves("HTTP2-Settings", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"),
              leaves("others stay", "Trailer: X-Sum\r\nAuthorization: Basic eDp5\r\nCache-Control: no-cache\r\n",
                     "Trailer: X-Sum\r\nAuthorization: Basic eDp5\r\nCache-Control: no-cache\r\n")});
}

// CVE-2022-31813: the option must not take away what the gateway adds. Nor does it make a stranger's word count.
TEST_F(Hostile, ConnectionDoesNotTakeAwayWhatWeAdd) {
  Gateway gateway(backend);
  expect_all(
      gateway,
      {leaves("named alone", "Connection: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Request-Id, Via\r\n"),
       leaves(
           "named and sent",
           "Connection: X-Forwarded-For, X-Forwarded-Host\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil\r\n"),
       leaves("with close",
              "Connection: keep-alive, X-Forwarded-Proto, X-Request-Id\r\nX-Forwarded-Proto: https\r\n")});
}

TEST_F(Hostile, AStrangersForwardingFieldsGo) {
  Gateway gateway(backend);
  expect_all(
      gateway,
      {leaves("X-Forwarded-For", "X-Forwarded-For: 127.0.0.1\r\n"),
       leaves("X-Forwarded-For twice", "X-Forwarded-For: 10.0.0.1\r\nX-FORWARDED-FOR: 10.0.0.2\r\n"),
       leaves("X-Forwarded-Proto", "X-Forwarded-Proto: https\r\n"),
       leaves("X-Forwarded-Host", "X-Forwarded-Host: evil\r\n"),
       leaves("Forwarded", "Forwarded: for=127.0.0.1;proto=https\r\n"),
       leaves("X-Request-Id", "X-Request-Id: 00000000-0000-7000-8000-000000000000\r\n"),
       leaves("X-Forwarded-Port", "X-Forwarded-Port: 443\r\n"),
       leaves("X-Forwarded-Server", "X-Forwarded-Server: evil\r\n"),
       leaves("X-Forwarded-Prefix", "X-Forwarded-Prefix: /evil\r\n"), leaves("X-Real-IP", "X-Real-IP: 127.0.0.1\r\n"),
       leaves("Via stays", "Via: 1.1 fred\r\nVia: 1.0 penstock\r\n", "Via: 1.1 fred\r\nVia: 1.0 penstock\r\n")});
}

// Entries of a client's own, in front of those that a trusted proxy adds, must not push the latter out of sight.
TEST_F(Hostile, ManyForwardingFieldsDoNotHideTheLast) {
  Gateway gateway(backend, {.top = "trusted_proxies: [127.0.0.0/8]\n"});
  std::string fields;
  for (int i = 0; i < 50; ++i) fields += "X-Forwarded-For: 6.6.6.6\r\n";
  Client(gateway).get("/", fields + "X-Forwarded-For: 192.0.2.1\r\n");
  EXPECT_EQ(json_member(gateway.access_line(), "client_ip"), "192.0.2.1");
}

// RFC 9110 §7.6.2.
TEST_F(Hostile, MaxForwardsIsCountedDown) {
  Gateway gateway(backend);
  const auto options = [](const std::string& value) {
    return head("OPTIONS / HTTP/1.1", "Max-Forwards: " + value + "\r\n");
  };
  RequestCase last = passed("0 is answered here", options("0"), "");
  expect_all(gateway, {last, passed("one", options("1"), options("0")), passed("many", options("10"), options("9")),
                       passed("zeros in front", options("007"), options("6")), passed("00 is 0", options("00"), ""),
                       passed("of OPTIONS *", head("OPTIONS * HTTP/1.1", "Max-Forwards: 2\r\n"),
                              head("OPTIONS * HTTP/1.1", "Max-Forwards: 1\r\n")),
                       passed("other methods may ignore it", get_with("Max-Forwards: 0\r\n"))});
}

TEST_F(Hostile, OldClientsAreKeptOnlyIfTheyAsk) {
  Gateway gateway(backend);
  const std::string old = "GET / HTTP/1.0\r\nHost: a\r\n";
  expect_all(gateway, {passed_and_closed("not asked", old + "\r\n", kPlain),
                       passed("asked", old + "Connection: keep-alive\r\n\r\n", kPlain),
                       passed_and_closed("asked with another field", old + "Keep-Alive: timeout=5\r\n\r\n", kPlain),
                       passed_and_closed("asked and not", old + "Connection: keep-alive, close\r\n\r\n", kPlain)});
}

// CVE-2019-15226: each option is compared with each field's name, which takes time with the square of the input.
TEST_F(Hostile, ConnectionOptionsHaveAnEnd) {
  Gateway gateway(backend);
  std::string options;
  for (int i = 0; i < 64; ++i) options += "," + std::to_string(i);
  expect_all(gateway, {leaves("as many as anyone needs", "Connection: " + options.substr(1) + "\r\n"),
                       refused("one more", get_with("Connection: x" + options + "\r\n"), {431}),
                       refused("in several fields",
                               get_with("Connection: x\r\nConnection: " + options.substr(1) + "\r\n"), {431})});
}

}  // namespace
}  // namespace penstock::e2e
