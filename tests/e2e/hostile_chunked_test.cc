// Chunked requests, RFC 9112 §7.1. What is wrong comes when the backend may have got the head already: it must be able
// to tell that it has not got a whole request.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

using namespace std::string_literals;

std::string chunked(const std::string& body) {
  return post_with("Transfer-Encoding: chunked\r\n", body);
}
RequestCase bad(const std::string& name, const std::string& body) {
  return cut(name, chunked(body));
}
RequestCase good(const std::string& name, const std::string& body, const std::string& as) {
  return passed(name, chunked(body), chunked(as));
}

const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kHello = "5\r\nhello\r\n0\r\n\r\n";

TEST_F(Hostile, AChunkSizeIsHexadecimalDigits) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const std::string& size :
       {""s,    " "s,   "g"s,     "x"s,   "0x5"s, "0X5"s, "+5"s,    "-5"s,  "-1"s,    " 5"s, "\t5"s,
        "5 "s,  "5\t"s, "5\x0b"s, "5 5"s, "5,5"s, "5.0"s, "\"5\""s, "5h"s,  "#5"s,    "$5"s, "%35"s,
        "5\0"s, "\0"s,  "5\x80"s, "_5"s,  "5_"s,  "5:"s,  "five"s,  "\n5"s, "\r\n5"s, "(5)"s}) {
    cases.push_back(bad("size", size + "\r\nhello\r\n0\r\n\r\n"));
  }
  expect_all(gateway, cases);
}

// CVE-2013-2028: a size that turns negative.
TEST_F(Hostile, AChunkSizeDoesNotOverflow) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const std::string& size :
       {"10000000000000005"s, "1ffffffffffffffff"s, "fffffffffffffffff"s, "FFFFFFFFFFFFFFFFFFFFFFFF5"s,
        "100000000000000000000000000000005"s, std::string(200, 'f')}) {
    cases.push_back(bad("size", size + "\r\nhello\r\n0\r\n\r\n"));
  }
  expect_all(gateway, cases);
}

TEST_F(Hostile, ZerosInFrontOfAChunkSizeHaveAnEnd) {
  Gateway gateway(backend);
  expect_all(gateway, {good("some", "0005\r\nhello\r\n000\r\n\r\n", kHello),
                       bad("very many", std::string(2000, '0') + "5\r\nhello\r\n0\r\n\r\n"),
                       bad("at the last chunk", "5\r\nhello\r\n" + std::string(2000, '0') + "\r\n\r\n")});
}

// CVE-2023-46846, CVE-2025-55315 and their kin: lines that end here and not there.
TEST_F(Hostile, ChunkLinesEndInCrlf) {
  Gateway gateway(backend);
  expect_all(gateway,
             {bad("LF after the size", "5\nhello\r\n0\r\n\r\n"), bad("CR after the size", "5\rhello\r\n0\r\n\r\n"),
              bad("CR CR LF after the size", "5\r\r\nhello\r\n0\r\n\r\n"),
              bad("LF CR after the size", "5\n\rhello\r\n0\r\n\r\n"),
              bad("CR X after the size, llhttp 8", "5\rX\nhello\r\n0\r\n\r\n"),
              bad("LF after the data", "5\r\nhello\n0\r\n\r\n"), bad("CR after the data", "5\r\nhello\r0\r\n\r\n"),
              bad("nothing after the data", "5\r\nhello0\r\n\r\n"),
              bad("any two bytes after the data", "5\r\nhelloXX0\r\n\r\n"),
              bad("space after the data", "5\r\nhello \r\n0\r\n\r\n"),
              bad("an empty line too many after the data", "5\r\nhello\r\n\r\n0\r\n\r\n"),
              bad("more data than the size says", "4\r\nhello\r\n0\r\n\r\n"),
              bad("less data than the size says", "6\r\nhello\r\n0\r\n\r\n"),
              bad("LF after the last size", "5\r\nhello\r\n0\n\r\n"), bad("LF as the end", "5\r\nhello\r\n0\r\n\n"),
              bad("CR X as the end", "5\r\nhello\r\n0\r\n\rX"), bad("CR CR LF as the end", "5\r\nhello\r\n0\r\n\r\r\n"),
              bad("LF everywhere", "5\nhello\n0\n\n")});
}

// CVE-2025-47905, CVE-2025-55315 (a bare LF ends the line for one side), CVE-2023-46846.
TEST_F(Hostile, ChunkExtensionsHaveNoLineEndsInside) {
  Gateway gateway(backend);
  expect_all(
      gateway,
      {bad("LF", "5;\nhello\r\n0\r\n\r\n"), bad("LF after a name", "5;a\nhello\r\n0\r\n\r\n"),
       bad("LF inside a name", "5;a\nb\r\nhello\r\n0\r\n\r\n"), bad("LF after a value", "5;a=b\nhello\r\n0\r\n\r\n"),
       bad("LF inside quotes", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"), bad("CR", "5;\rhello\r\n0\r\n\r\n"),
       bad("CR inside a name", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
       bad("CR before the semicolon, llhttp 8", "5\r;a\r\nhello\r\n0\r\n\r\n"),
       bad("CR inside quotes", "5;a=\"\r\"\r\nhello\r\n0\r\n\r\n"),
       bad("CRLF inside quotes", "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n"), bad("NUL", "5;a\0\r\nhello\r\n0\r\n\r\n"s),
       bad("NUL in a value", "5;a=\0\r\nhello\r\n0\r\n\r\n"s),
       bad("a control character", "5;a=\x01\r\nhello\r\n0\r\n\r\n"),
       bad("LF at the last chunk", "5\r\nhello\r\n0;a\n\r\n"),
       bad("a request behind an LF", "2;\nxx\r\n" + std::to_string(kSmuggled.size()) + "\r\n0\r\n\r\n" + kSmuggled)});
}

TEST_F(Hostile, ChunkExtensionsEndHere) {
  Gateway gateway(backend);
  expect_all(gateway, {good("a name", "5;a\r\nhello\r\n0\r\n\r\n", kHello),
                       good("a value", "5;a=b\r\nhello\r\n0\r\n\r\n", kHello),
                       good("quotes", "5;a=\"b c;d\"\r\nhello\r\n0\r\n\r\n", kHello),
                       good("several", "5;a=b;c;d=\"e\"\r\nhello\r\n0;f\r\n\r\n", kHello),
                       good("a long one", "5;a=" + std::string(900, 'b') + "\r\nhello\r\n0\r\n\r\n", kHello)});
}

// CVE-2024-22019: bytes without end that nobody counts.
TEST_F(Hostile, ChunkExtensionsHaveAnEnd) {
  Gateway gateway(backend);
  std::string many;
  for (int i = 0; i < 200; ++i) many += "1;" + std::string(900, 'a') + "\r\nx\r\n";
  expect_all(gateway, {bad("a megabyte", "5;" + std::string(1 << 20, 'a') + "\r\nhello\r\n0\r\n\r\n"),
                       bad("a megabyte in quotes", "5;a=\"" + std::string(1 << 20, 'a') + "\"\r\nhello\r\n0\r\n\r\n"),
                       bad("a megabyte at the last chunk", "5\r\nhello\r\n0;" + std::string(1 << 20, 'a') + "\r\n\r\n"),
                       bad("long ones at small chunks", many + "0\r\n\r\n")});
}

TEST_F(Hostile, GoodChunksPass) {
  Gateway gateway(backend);
  std::string small;
  for (int i = 0; i < 300; ++i) small += "1\r\nx\r\n";
  expect_all(gateway, {good("several", "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", kHello),
                       good("capital digits", "A\r\n0123456789\r\n0\r\n\r\n", "a\r\n0123456789\r\n0\r\n\r\n"),
                       good("line ends as data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "4\r\n\r\n\r\n\r\n0\r\n\r\n"),
                       good("a last chunk as data", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "5\r\n0\r\n\r\n\r\n0\r\n\r\n"),
                       good("a request as data", chunk(kSmuggled) + "0\r\n\r\n", chunk(kSmuggled) + "0\r\n\r\n"),
                       good("chunks of one byte (CVE-2020-8659)", small + "0\r\n\r\n",
                            chunk(std::string(300, 'x')) + "0\r\n\r\n")});
}

TEST_F(Hostile, BadTrailersAreRefused) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const std::string& line :
       {"X-A : 1"s, "X-A\t: 1"s, ": 1"s, ":"s, "X-A"s, "X-A: 1\r\n 2"s, " X-A: 1"s, "X-A: a\0b"s, "X-A: a\rb"s,
        "X-A: 1\nX-B: 2"s, "X\x80: 1"s, "X(A): 1"s, "X-A: \x01"s, "\tX: 1"s, "GET / HTTP/1.1"s, "X-A: a\x7f"s}) {
    cases.push_back(bad("trailer", "5\r\nhello\r\n0\r\n" + line + "\r\n\r\n"));
  }
  cases.push_back(bad("a length", "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"));
  cases.push_back(bad("a coding", "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"));
  cases.push_back(bad("LF after a trailer", "5\r\nhello\r\n0\r\nX-A: 1\n\r\n"));
  cases.push_back(bad("LF as the end", "5\r\nhello\r\n0\r\nX-A: 1\r\n\n"));
  std::string flood;
  for (int i = 0; i < 101; ++i) flood += "X: 1\r\n";
  cases.push_back(cut("too many", chunked("0\r\n" + flood + "\r\n"), {431}));
  cases.push_back(cut("too large", chunked("0\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n"), {431}));
  cases.push_back(cut("without end", chunked("0\r\nX: " + std::string(1 << 20, 'x')), {431}));
  expect_all(gateway, cases);
}

// RFC 9110 §6.5.1, §7.6.1: what frames, routes or authenticates has no place there, nor what Connection names.
TEST_F(Hostile, TrailersThatWouldChangeTheMeaningAreLeftOut) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases = {
      good("others stay", "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")};
  for (const char* name : {"Host",
                           "Connection",
                           "Authorization",
                           "Cookie",
                           "Expect",
                           "TE",
                           "Trailer",
                           "Upgrade",
                           "Content-Type",
                           "Max-Forwards",
                           "X-Forwarded-For",
                           "X-Forwarded-Host",
                           "Forwarded",
                           "X-Request-Id",
                           "Via",
                           "Keep-Alive",
                           "Proxy-Authorization",
                           "Content-Encoding",
                           "Content-Range",
                           "Range",
                           "Cache-Control",
                           "Set-Cookie",
                           "If-Match"}) {
    cases.push_back(
        good(name, "5\r\nhello\r\n0\r\n"s + name + ": 5\r\nX-Sum: 1\r\n\r\n", "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"));
  }
  cases.push_back(
      passed("named by Connection",
             post_with("Connection: X-Hop\r\nTransfer-Encoding: chunked\r\n", "0\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n"),
             post_with("Transfer-Encoding: chunked\r\n", "0\r\nX-End: 2\r\n\r\n")));
  expect_all(gateway, cases);
}

TEST_F(Hostile, ABodyThatEndsEarlyIsNoWholeRequest) {
  Gateway gateway(backend);
  for (const std::string& raw :
       {chunked("5\r\nhel"), chunked("5\r\nhello"), chunked("5\r\nhello\r\n"), chunked("5\r\nhello\r\n0\r\n"),
        chunked("5\r\nhello\r\n0\r\nX: 1\r\n"), chunked("5"), chunked(""), post_with("Content-Length: 5\r\n", "hell"),
        post_with("Content-Length: 5\r\n")}) {
    Client client(gateway);
    client.send(raw);
    client.finish_sending();
    client.read_to_end();
    expect_service(gateway);
    for (const Message& request : backend.take_requests())
      EXPECT_TRUE(!request.complete || request.target() == "/after") << shown(raw);
  }
}

}  // namespace
}  // namespace penstock::e2e
