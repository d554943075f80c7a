// Whole heads of requests: lines, fields, framing.
#include "gateway/http/h1_head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock::http {
namespace {

class RequestHeadTest : public testing::Test {
 protected:
  HeadLimits limits;
  RequestHead head;
  std::string text;
  std::string scratch;

  ErrorKind parse(std::string bytes) {
    text = std::move(bytes);
    return parse_request_head(text, limits, head, scratch).kind;
  }
  /// A GET with a Host and these lines.
  ErrorKind fields(const std::string& lines) { return parse("GET / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n"); }
  ErrorKind line(const std::string& request_line) { return parse(request_line + "\r\nHost: h\r\n\r\n"); }
};

constexpr ErrorKind kOk = ErrorKind::none;
constexpr ErrorKind kBad = ErrorKind::bad_request;

TEST_F(RequestHeadTest, IsReadIntoViewsOfItsBytes) {
  ASSERT_EQ(parse("PUT /a?b HTTP/1.1\r\nHost: h:1\r\nX: y z\r\nContent-Length: 3\r\n\r\n"), kOk);
  EXPECT_EQ(head.method, Method::put);
  EXPECT_EQ(head.path, "/a");
  EXPECT_EQ(head.query, "b");
  EXPECT_EQ(head.authority, "h:1");
  ASSERT_EQ(head.fields.size(), 3u);
  EXPECT_EQ(head.fields[1].value, "y z");
  EXPECT_EQ(head.fields[1].name.data(), text.data() + text.find("X: "));
  EXPECT_EQ(head.body, BodyKind::length);
  EXPECT_EQ(head.content_length, 3u);
}

TEST_F(RequestHeadTest, NothingIsLeftOverFromTheHeadBefore) {
  parse(
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: upgrade, x\r\nUpgrade: a\r\nContent-Length: "
      "9\r\n\r\n");
  ASSERT_EQ(parse("GET / HTTP/1.1\r\nHost: i\r\n\r\n"), kOk);
  EXPECT_EQ(head.fields.size(), 1u);
  EXPECT_EQ(head.body, BodyKind::none);
  EXPECT_FALSE(head.expect_continue || head.wants_upgrade || head.has_connection_options || head.has_query);
  EXPECT_EQ(head.authority, "i");
}

TEST_F(RequestHeadTest, TheRequestLineHasThreePartsAndTwoSpaces) {
  for (const char* bad :
       {"GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET / a HTTP/1.1", "GET /", "GET",
        "", "GET\t/\tHTTP/1.1", "GET / HTTP/1.1\r", "G@T / HTTP/1.1", "/ HTTP/1.1"}) {
    EXPECT_EQ(line(bad), kBad) << bad;
  }
}

TEST_F(RequestHeadTest, OtherVersionsAreNamedAsSuchAndOddOnesRefused) {
  for (const char* other : {"HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3.0"}) {
    EXPECT_EQ(line(std::string("GET / ") + other), ErrorKind::version_unsupported) << other;
  }
  for (const char* odd :
       {"HTTP/1", "HTTP/1.10", "HTTP/11.1", "http/1.1", "HTTP/1,1", "HTTP 1.1", "HTTPS/1.1", "HTTP/a.b", "HTTP/1.1x"}) {
    EXPECT_EQ(line(std::string("GET / ") + odd), kBad) << odd;
  }
}

TEST_F(RequestHeadTest, LinesEndInCrLfAndNothingElse) {
  EXPECT_EQ(parse("GET / HTTP/1.1\nHost: h\r\n\r\n"), kBad);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\n\r\n"), kBad);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\n\n"), kBad);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n"), kBad);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\r\n\r\n"), kBad);
}

TEST_F(RequestHeadTest, FieldNamesAreTokensUpToTheColon) {
  for (const char* bad : {"X : y", "X\t: y", ": y", "X", "X y: z", " X: y", "\tX: y", "X\x01: y", "(X): y",
                          "X\xc3\xa9: y", "X/Y: z", "\"X\": y"}) {
    EXPECT_EQ(fields(std::string(bad) + "\r\n"), kBad) << bad;
  }
  EXPECT_EQ(fields("!#$%&'*+-.^_`|~09azAZ: y\r\n"), kOk);
}

TEST_F(RequestHeadTest, FoldedLinesAreRefused) {
  EXPECT_EQ(fields("X: y\r\n z\r\n"), kBad);
  EXPECT_EQ(fields("X: y\r\n\tz\r\n"), kBad);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), kBad);
}

TEST_F(RequestHeadTest, ValuesHaveNoControlCharactersButTabs) {
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\n') continue;
    EXPECT_EQ(fields(std::string("X: a") + static_cast<char>(c) + "b\r\n"), c == '\t' ? kOk : kBad) << c;
  }
  EXPECT_EQ(fields("X: a\x7f\r\n"), kBad);
  EXPECT_EQ(fields("X: \x80\xff\xc3\xa9\r\n"), kOk);
}

TEST_F(RequestHeadTest, WhiteSpaceAroundAValueIsNoPartOfIt) {
  ASSERT_EQ(fields("X: \t a b \t \r\nY:c\r\nZ:\r\nW: \t\r\n"), kOk);
  EXPECT_EQ(head.fields[1].value, "a b");
  EXPECT_EQ(head.fields[2].value, "c");
  EXPECT_EQ(head.fields[3].value, "");
  EXPECT_EQ(head.fields[4].value, "");
}

TEST_F(RequestHeadTest, OnlyLinesInTheUsualFormAreCanonical) {
  ASSERT_EQ(fields("A: b\r\nA:b\r\nA:  b\r\nA: b \r\nA:\tb\r\nA:\r\nA: \r\n"), kOk);
  std::vector<bool> canonical;
  for (const Field& field : head.fields) canonical.push_back(field.canonical);
  EXPECT_EQ(canonical, (std::vector<bool>{true, true, false, false, false, false, false, false}));
}

TEST_F(RequestHeadTest, HostIsThereOnceOrNotAtAllInHttp10) {
  EXPECT_EQ(parse("GET / HTTP/1.1\r\n\r\n"), kBad);
  EXPECT_EQ(parse("GET http://h/ HTTP/1.1\r\n\r\n"), kBad);
  EXPECT_EQ(fields("Host: h\r\n"), kBad);
  EXPECT_EQ(fields("hOST: i\r\n"), kBad);
  EXPECT_EQ(parse("GET / HTTP/1.0\r\n\r\n"), kOk);
  EXPECT_EQ(head.authority, "");
  EXPECT_EQ(parse("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), kBad);
}

TEST_F(RequestHeadTest, ContentLengthIsOneNumber) {
  for (const char* bad : {"", "+1", "-1", "1 2", "1,1", "1, 1", "0x1", "1.0", "1e1", "\"1\"", "1234567890123456789",
                          "18446744073709551616", "a"}) {
    EXPECT_EQ(fields(std::string("Content-Length: ") + bad + "\r\n"), kBad) << bad;
  }
  EXPECT_EQ(fields("Content-Length: 1\r\nContent-Length: 1\r\n"), kBad);
  ASSERT_EQ(fields("Content-Length:\t007 \t\r\n"), kOk);
  EXPECT_EQ(head.content_length, 7u);
  ASSERT_EQ(fields("Content-Length: 999999999999999999\r\n"), kOk);
}

TEST_F(RequestHeadTest, TransferEncodingIsChunkedOnce) {
  ASSERT_EQ(fields("Transfer-Encoding:\tChunked \r\n"), kOk);
  EXPECT_EQ(head.body, BodyKind::chunked);
  for (const char* bad :
       {"", "chunked, chunked", "chunked,", ",chunked", "chunked;a=b", "xchunked", "chunke", "chunked x", "chunked\x0b",
        "identity", "gzip", "chunked, gzip", "\"chunked\"", "[chunked]"}) {
    EXPECT_EQ(fields(std::string("Transfer-Encoding: ") + bad + "\r\n"), kBad) << bad;
  }
  EXPECT_EQ(fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), kBad);
  EXPECT_EQ(fields("Transfer-Encoding: gzip, chunked\r\n"), ErrorKind::coding_unknown);
}

TEST_F(RequestHeadTest, LengthAndCodingTogetherAreRefused) {
  EXPECT_EQ(fields("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), kBad);
  EXPECT_EQ(fields("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), kBad);
}

TEST_F(RequestHeadTest, Http10HasNoTransferEncoding) {
  EXPECT_EQ(parse("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"), kBad);
}

TEST_F(RequestHeadTest, ConnectionsAreKeptByVersionAndOption) {
  const auto kept = [&](const char* version, const std::string& lines) {
    EXPECT_EQ(parse(std::string("GET / ") + version + "\r\nHost: h\r\n" + lines + "\r\n"), kOk);
    return head.keep_alive;
  };
  EXPECT_TRUE(kept("HTTP/1.1", ""));
  EXPECT_FALSE(kept("HTTP/1.1", "Connection: foo, Close\r\n"));
  EXPECT_FALSE(kept("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(kept("HTTP/1.0", ""));
  EXPECT_TRUE(kept("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(kept("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

TEST_F(RequestHeadTest, ConnectionOptionsAreTokens) {
  EXPECT_EQ(fields("Connection: a b\r\n"), kBad);
  EXPECT_EQ(fields("Connection: \"close\"\r\n"), kBad);
  EXPECT_EQ(fields("Connection: , ,close,,\r\n"), kOk);
  EXPECT_FALSE(head.has_connection_options);
  EXPECT_EQ(fields("Connection: X-A\r\n"), kOk);
  EXPECT_TRUE(head.has_connection_options);
}

TEST_F(RequestHeadTest, AnUpgradeNeedsTheOptionTheFieldAndHttp11) {
  fields("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  EXPECT_TRUE(head.wants_upgrade);
  fields("Upgrade: websocket\r\n");
  EXPECT_FALSE(head.wants_upgrade);
  fields("Connection: upgrade\r\n");
  EXPECT_FALSE(head.wants_upgrade);
  parse("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_FALSE(head.wants_upgrade);
}

TEST_F(RequestHeadTest, ExpectKnowsOneExpectation) {
  EXPECT_EQ(fields("Expect: 100-Continue\r\n"), kOk);
  EXPECT_TRUE(head.expect_continue);
  EXPECT_EQ(fields("Expect: 200-ok\r\n"), ErrorKind::expectation_failed);
  EXPECT_EQ(parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), kOk);
  EXPECT_FALSE(head.expect_continue);
}

TEST_F(RequestHeadTest, LimitsHoldToTheByte) {
  limits = {.line_bytes = 20, .head_bytes = 40, .fields = 2};
  EXPECT_EQ(parse("GET /" + std::string(6, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), kOk);  // 20 bytes
  EXPECT_EQ(parse("GET /" + std::string(7, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), ErrorKind::uri_too_long);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\nXXXXX: yyyy\r\n\r\n"), kOk);  // 40 bytes
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\nXXXXX: yyyyy\r\n\r\n"), ErrorKind::headers_too_large);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB:\r\n\r\n"), ErrorKind::headers_too_large);
}

TEST(Tokens, AreTakenOffListsWithoutTheirWhiteSpace) {
  std::string seen;
  for_each_token(" a,\tb ,, c\t,", [&](std::string_view token) { seen.append("<").append(token).append(">"); });
  EXPECT_EQ(seen, "<a><b><c>");
}

}  // namespace
}  // namespace penstock::http
