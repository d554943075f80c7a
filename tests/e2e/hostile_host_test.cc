// The Host field, RFC 9112 §3.2: exactly one, and valid.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

using namespace std::string_literals;

std::string with_host(const std::string& value) {
  return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n";
}

TEST_F(Hostile, InvalidHostsAreRefused) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const std::string& host : {""s,         " "s,       "a b"s,    "a/b"s,         "/"s,
                                  "a/"s,       "a?b"s,     "a#b"s,    "a@b"s,         "u:p@a"s,
                                  "@a"s,       "a:b"s,     "a:-1"s,   "a:+1"s,        "a:65536"s,
                                  "a:999999"s, "a:80:80"s, ":80"s,    ":"s,           "a: 80"s,
                                  "a :80"s,    "a\\b"s,    "a\"b"s,   "\"a\""s,       "<a>"s,
                                  "a,b"s,      "a, b"s,    "a\tb"s,   "a|b"s,         "a^b"s,
                                  "{a}"s,      "a`b"s,     "a\0b"s,   "a\x01"s,       "a\x7f"s,
                                  "a\x80"s,    "a%"s,      "a%zz"s,   "a%00"s,        "http://a"s,
                                  "[::1"s,     "::1"s,     "[]"s,     "[:]"s,         "[::1]x"s,
                                  "[::1]:x"s,  "[::g]"s,   "[1:2]"s,  "[127.0.0.1]"s, "[::1%25eth0]"s,
                                  "[::1]]"s,   "[[::1]]"s, "a[::1]"s, "a:80x"s,       "a:0x50"s}) {
    cases.push_back(refused("Host", with_host(host)));
  }
  expect_all(gateway, cases);
}

TEST_F(Hostile, ThereIsExactlyOneHost) {
  Gateway gateway(backend);
  expect_all(
      gateway,
      {refused("none", "GET / HTTP/1.1\r\n\r\n"),
       refused("none, other fields", "GET / HTTP/1.1\r\nX-Host: a\r\nForwarded: host=a\r\n\r\n"),
       refused("two", get_with("Host: b\r\n")), refused("the same twice", get_with("Host: a\r\n")),
       refused("in other letters", get_with("hOST: b\r\n")), refused("the second empty", get_with("Host:\r\n")),
       refused("the first empty", "GET / HTTP/1.1\r\nHost:\r\nHost: a\r\n\r\n"),
       refused("far apart", get_with("A: 1\r\nB: 2\r\nHost: a\r\n")),
       refused("folded", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n"),
       refused("space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
       refused("HTTP/1.0, two", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
       refused("HTTP/1.0, a bad one", "GET / HTTP/1.0\r\nHost: a/b\r\n\r\n"),
       refused("OPTIONS *, none", "OPTIONS * HTTP/1.1\r\n\r\n"), refused("HEAD, none", "HEAD / HTTP/1.1\r\n\r\n"),
       refused("HEAD, a bad one", "HEAD / HTTP/1.1\r\nHost: a b\r\n\r\n")});
}

TEST_F(Hostile, ValidHostsPass) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const char* host :
       {"a", "A.Example", "a.example:80", "a:", "a:0", "a:65535", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:80",
        "[2001:db8::ffff:192.0.2.1]", "a_b", "xn--bcher-kva.example", "a.", "1", "a~b", "a%41"}) {
    cases.push_back(passed("Host", with_host(host)));
  }
  cases.push_back(passed("white space around", "GET / HTTP/1.1\r\nHost: \t a\t \r\n\r\n", get_with("")));
  cases.push_back(passed("no white space", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", get_with("")));
  cases.push_back(passed("other letters", "GET / HTTP/1.1\r\nhOsT: a\r\n\r\n"));
  expect_all(gateway, cases);
}

TEST_F(Hostile, AnOldRequestWithoutHostGetsOne) {
  Gateway gateway(backend);
  expect_all(gateway,
             {passed_and_closed("HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: {endpoint}\r\n\r\n")});
}

}  // namespace
}  // namespace penstock::e2e
