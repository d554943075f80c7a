// Heads of answers, RFC 9112 §4, §5: a backend is not believed either.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

using namespace std::string_literals;

const std::string kEnd = "Content-Length: 2\r\n\r\nhi";

AnswerCase bad_status_line(const std::string& line) {
  return bad_gateway("status line", line + "\r\n" + kEnd);
}
AnswerCase bad_field(const std::string& name, const std::string& line) {
  return bad_gateway(name, "HTTP/1.1 200 OK\r\n" + line + "\r\n" + kEnd);
}
std::string with(const std::string& fields, const std::string& rest = kEnd) {
  return "HTTP/1.1 200 OK\r\n" + fields + rest;
}

TEST_F(Hostile, BadStatusLinesAreABadGateway) {
  Gateway gateway(backend);
  std::vector<AnswerCase> cases;
  for (const std::string& line : {"HTTP/1.1 099 x"s,
                                  "HTTP/1.1 600 x"s,
                                  "HTTP/1.1 999 x"s,
                                  "HTTP/1.1 2000 x"s,
                                  "HTTP/1.1 20 x"s,
                                  "HTTP/1.1 2 x"s,
                                  "HTTP/1.1 000 x"s,
                                  "HTTP/1.1 -20 x"s,
                                  "HTTP/1.1 +20 x"s,
                                  "HTTP/1.1 abc x"s,
                                  "HTTP/1.1 2x0 x"s,
                                  "HTTP/1.1 200OK"s,
                                  "HTTP/1.1 0200 x"s,
                                  "HTTP/1.1  200 x"s,
                                  "HTTP/1.1\t200 x"s,
                                  "HTTP/1.1 200\tx"s,
                                  "HTTP/1.1 "s,
                                  "HTTP/1.1"s,
                                  "HTTP/1.1200 x"s,
                                  "HTTP/2.0 200 x"s,
                                  "HTTP/2 200"s,
                                  "HTTP/0.9 200 x"s,
                                  "HTTP/1.2 200 x"s,
                                  "HTTP/11.1 200 x"s,
                                  "HTTP/1.10 200 x"s,
                                  "HTTP/3.0 200 x"s,
                                  "http/1.1 200 x"s,
                                  "HTTP 200 x"s,
                                  "HTTPS/1.1 200 x"s,
                                  "XHTTP/1.1 200 x"s,
                                  "ICY 200 OK"s,
                                  "RTSP/1.0 200 OK"s,
                                  " HTTP/1.1 200 x"s,
                                  "200 OK"s,
                                  "GET / HTTP/1.1"s,
                                  "HTTP/1.1 200 a\0b"s,
                                  "HTTP/1.1 200 a\x01"
                                  "b"s,
                                  "HTTP/1.1 200 a\rb"s,
                                  "HTTP/1.1 200 a\x7f"s,
                                  "HTTP/1.1 200\r"s,
                                  "HTTP/1.1 2\xb2"
                                  "0 x"s,
                                  "HTTP/1.1 \xd9\xa2\xd9\xa0\xd9\xa0 x"s}) {
    cases.push_back(bad_status_line(line));
  }
  expect_all(gateway, cases);
}

TEST_F(Hostile, OddButValidStatusLinesPass) {
  Gateway gateway(backend);
  expect_all(gateway, {relayed("no reason", "HTTP/1.1 200 \r\n" + kEnd),
                       relayed("no reason, no space", "HTTP/1.1 200\r\n" + kEnd, "HTTP/1.1 200 \r\n" + kEnd),
                       relayed("words", "HTTP/1.1 200 All is well: 2 bytes\r\n" + kEnd),
                       relayed("bytes from 0x80", "HTTP/1.1 200 D'acc\xc3\xb4rd\r\n" + kEnd),
                       relayed("a status that nobody knows", "HTTP/1.1 299 x\r\n" + kEnd),
                       relayed("another", "HTTP/1.1 599 x\r\n" + kEnd),
                       relayed("HTTP/1.0", "HTTP/1.0 200 OK\r\n" + kEnd, with("")),
                       relayed("a date of its own", with("Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"))});
}

// A non-HTTP answer must not be relayed, nor waited upon.
TEST_F(Hostile, AnswersThatAreNoHttpAreABadGateway) {
  Gateway gateway(backend);
  std::vector<AnswerCase> cases;
  for (const Then then : {Then::keep, Then::close}) {
    cases.push_back(bad_gateway("HTTP/0.9", "<html>hello</html>", then));
    cases.push_back(bad_gateway("HTTP/0.9, lines", "<html>\r\nhello\r\n</html>\r\n", then));
    cases.push_back(bad_gateway("an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", then));
    cases.push_back(bad_gateway("HTTP/2 settings", "\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04"s, then));
    cases.push_back(bad_gateway("TLS", "\x15\x03\x01\0\x02\x02\x0a"s, then));
    cases.push_back(bad_gateway("SSH", "SSH-2.0-OpenSSH_9.2\r\n", then));
    cases.push_back(bad_gateway("SMTP", "220 mail.example ESMTP\r\n", then));
    cases.push_back(bad_gateway("an empty line first", "\r\nHTTP/1.1 200 OK\r\n" + kEnd, then));
    cases.push_back(bad_gateway("a bare LF first", "\nHTTP/1.1 200 OK\r\n" + kEnd, then));
    cases.push_back(bad_gateway("a NUL first", "\0HTTP/1.1 200 OK\r\n"s + kEnd, then));
    cases.push_back(bad_gateway("a space first", " ", then));
    cases.push_back(bad_gateway("a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", then));
  }
  cases.push_back(bad_gateway("nothing", "", Then::close));
  cases.push_back(bad_gateway("a reset", "", Then::reset));
  cases.push_back(bad_gateway("half a status line", "HTTP/1.1 20", Then::close));
  cases.push_back(bad_gateway("half a head", "HTTP/1.1 200 OK\r\nContent-Le", Then::close));
  cases.push_back(bad_gateway("a head without its end", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", Then::close));
  cases.push_back(bad_gateway("a reset within the head", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", Then::reset));
  expect_all(gateway, cases);
}

// CVE-2023-27522, CVE-2024-24795, CVE-2022-37436: an answer that a second reader would split in two, or cut short.
TEST_F(Hostile, BadFieldLinesOfAnswersAreABadGateway) {
  Gateway gateway(backend);
  std::vector<AnswerCase> cases = {bad_field("space before the colon", "X-A : 1"),
                                   bad_field("tab before the colon", "X-A\t: 1"),
                                   bad_field("space before the colon of a length", "Content-Length : 50"),
                                   bad_field("an empty name", ": 1"),
                                   bad_field("no colon", "X-A"),
                                   bad_field("a folded line", "X-A: 1\r\n 2"),
                                   bad_field("a line folded by a tab", "X-A: 1\r\n\t2"),
                                   bad_field("an indented first line", " X-A: 1"),
                                   bad_field("a bare LF", "X-A: 1\nX-B: 2"),
                                   bad_field("a bare CR", "X-A: 1\rX-B: 2"),
                                   bad_field("CR CR LF", "X-A: 1\r"),
                                   bad_field("NUL in a value", "X-A: a\0b"s),
                                   bad_field("NUL in a name", "X\0A: 1"s),
                                   bad_field("a control character", "X-A: \x01"),
                                   bad_field("DEL", "X-A: \x7f"),
                                   bad_field("a name that is no token", "X(A): 1"),
                                   bad_field("a name in 8 bits", "X\xc4: 1"),
                                   bad_field("a second status line", "HTTP/1.1 200 OK"),
                                   bad_field("splitting by LF", "X-A: 1\nContent-Length: 0\n\nHTTP/1.1 200 OK"),
                                   bad_field("splitting by CR", "X-A: 1\r\rHTTP/1.1 200 OK")};
  cases.push_back(bad_gateway("LF everywhere", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"));
  cases.push_back(bad_gateway("LF after the status line", "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nhi"));
  cases.push_back(bad_gateway("LF as the empty line", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nhi"));
  cases.push_back(bad_gateway("CR as the empty line", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\rhi"));
  expect_all(gateway, cases);
}

TEST_F(Hostile, AnswersThatAreTooLargeAreABadGateway) {
  Gateway gateway(backend);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "X: 1\r\n";
  expect_all(gateway, {bad_gateway("a value", with("X: " + std::string(70'000, 'x') + "\r\n")),
                       bad_gateway("a value without end", "HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x')),
                       bad_gateway("a reason without end", "HTTP/1.1 200 " + std::string(1 << 20, 'x')),
                       bad_gateway("fields", with(many)),
                       relayed("large, but not too large", with("X: " + std::string(20'000, 'x') + "\r\n"))});
}

TEST_F(Hostile, HopByHopFieldsOfAnswersGo) {
  Gateway gateway(backend);
  const std::string plain = with("");
  const auto leaves = [&](const std::string& name, const std::string& fields) {
    return relayed(name, with(fields), plain);
  };
  expect_all(
      gateway,
      {leaves("Keep-Alive", "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n"),
       leaves("named", "Connection: X-Hop\r\nX-Hop: 1\r\nx-hop: 2\r\n"),
       leaves("named behind it", "X-Hop: 1\r\nConnection: x-hop, close\r\n"),
       leaves("a date that is named", "Connection: X-Hop\r\nX-Hop: 1\r\n"),
       leaves("Proxy-Connection", "Proxy-Connection: close\r\n"),
       leaves("Proxy-Authenticate", "Proxy-Authenticate: Basic\r\n"), leaves("TE", "TE: trailers\r\n"),
       leaves("Upgrade", "Connection: upgrade\r\nUpgrade: h2c\r\n"),
       leaves("Content-Length is not its to take away", "Connection: Content-Length\r\n"),
       leaves("close", "Connection: close\r\n"), leaves("a request id of its own", "X-Request-Id: evil\r\n"),
       bad_field("an option that is no token", "Connection: a b"),
       relayed("Set-Cookie2 (CVE-2022-0711)", with("Set-Cookie2: a=b;\r\nSet-Cookie: ,;=\r\n")),
       relayed("others stay", with("Via: 1.1 x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nX-A: caf\xe9\r\n")),
       relayed("white space", with("X-A:1\r\nX-B: \t2 \t\r\nX-C: \r\n"), with("X-A: 1\r\nX-B: 2\r\nX-C: \r\n"))});
}

}  // namespace
}  // namespace penstock::e2e
