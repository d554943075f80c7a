// Whole heads of answers, and trailer sections.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/http/h1_head.h"

namespace penstock::http {
namespace {

class AnswerHead : public testing::Test {
 protected:
  HeadLimits limits;
  ResponseHead head;
  std::string text;

  bool parse(const std::string& line, const std::string& lines = {}, Method to = Method::get) {
    text = line + "\r\n" + lines + "\r\n";
    return !parse_response_head(text, limits, to, head);
  }
  BodyKind body_of(int status, const std::string& lines = {}, Method to = Method::get) {
    EXPECT_TRUE(parse("HTTP/1.1 " + std::to_string(status) + " x", lines, to)) << status << lines;
    return head.body;
  }
};

TEST_F(AnswerHead, IsRead) {
  ASSERT_TRUE(parse("HTTP/1.0 404 Not  Found\t!", "A: b\r\n"));
  EXPECT_EQ(head.version, Version::http10);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not  Found\t!");
  EXPECT_EQ(head.fields[0].value, "b");
}

TEST_F(AnswerHead, TheReasonMayBeMissing) {
  EXPECT_TRUE(parse("HTTP/1.1 200 "));
  EXPECT_EQ(head.reason, "");
  EXPECT_TRUE(parse("HTTP/1.1 200"));
}

TEST_F(AnswerHead, BadStatusLinesAreRefused) {
  for (const char* bad :
       {"HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1  200 OK", "HTTP/1.1 099 x", "HTTP/1.1 600 x", "HTTP/1.1 2x0 OK",
        "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/2.0 200 OK", "HTTP/1.2 200 OK", "http/1.1 200 OK", "ICY 200 OK",
        "", "HTTP/1.1", "HTTP/1.1 200 a\x01", "HTTP/1.1 200 a\rb", " HTTP/1.1 200 OK"}) {
    EXPECT_FALSE(parse(bad)) << bad;
  }
}

TEST_F(AnswerHead, FieldsAreAsStrictAsInRequests) {
  for (const char* bad :
       {"A : b", "A", ": b", " A: b", "A: b\r\n c", "A: b\rc", "A: \x01", "Content-Length: 1, 1", "Content-Length: x",
        "Content-Length: 1\r\nContent-Length: 1", "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: gzip"}) {
    EXPECT_FALSE(parse("HTTP/1.1 200 OK", std::string(bad) + "\r\n")) << bad;
  }
  EXPECT_FALSE(parse("HTTP/1.0 200 OK", "Transfer-Encoding: chunked\r\n"));
}

TEST_F(AnswerHead, ABodyIsFramedByItsFieldsOrEndsWithTheConnection) {
  EXPECT_EQ(body_of(200, "Content-Length: 5\r\n"), BodyKind::length);
  EXPECT_EQ(body_of(200, "Transfer-Encoding: chunked\r\n"), BodyKind::chunked);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(body_of(200), BodyKind::until_close);
  EXPECT_FALSE(head.keep_alive);
}

TEST_F(AnswerHead, SomeAnswersNeverHaveABody) {
  for (const int status : {100, 103, 199, 204, 304}) EXPECT_EQ(body_of(status), BodyKind::none) << status;
  EXPECT_EQ(body_of(304, "Content-Length: 5\r\n"), BodyKind::none);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(body_of(304, "Transfer-Encoding: chunked\r\n"), BodyKind::none);
  EXPECT_EQ(body_of(200, "Content-Length: 5\r\n", Method::head), BodyKind::none);
  EXPECT_EQ(head.content_length, 5u);
  EXPECT_EQ(body_of(200, "", Method::head), BodyKind::none);
  EXPECT_TRUE(head.keep_alive);
}

TEST_F(AnswerHead, ALengthWhereNoneMayBeEndsTheConnection) {
  EXPECT_EQ(body_of(204, "Content-Length: 5\r\n"), BodyKind::none);
  EXPECT_FALSE(head.keep_alive);
  EXPECT_EQ(body_of(204, "Content-Length: 0\r\n"), BodyKind::none);
  EXPECT_TRUE(head.keep_alive);
}

TEST_F(AnswerHead, TransferEncodingWhereNoneMayBeIsRefused) {
  EXPECT_FALSE(parse("HTTP/1.1 204 x", "Transfer-Encoding: chunked\r\n"));
  EXPECT_FALSE(parse("HTTP/1.1 100 x", "Transfer-Encoding: chunked\r\n"));
}

TEST_F(AnswerHead, LimitsHold) {
  limits = {.line_bytes = 30, .head_bytes = 60, .fields = 1};
  EXPECT_FALSE(parse("HTTP/1.1 200 " + std::string(18, 'x')));
  EXPECT_FALSE(parse("HTTP/1.1 200 x", "A: " + std::string(60, 'x') + "\r\n"));
  EXPECT_FALSE(parse("HTTP/1.1 200 x", "A: b\r\nC: d\r\n"));
  EXPECT_TRUE(parse("HTTP/1.1 200 x", "A: b\r\n"));
}

std::vector<std::string> trailer_names(const std::string& text) {
  std::vector<Field> fields;
  EXPECT_FALSE(parse_trailers(text, {}, fields)) << text;
  std::vector<std::string> names;
  for (const Field& field : fields) names.emplace_back(field.name);
  return names;
}

TEST(Trailers, ThoseThatFrameRouteOrAuthenticateAreLeftOut) {
  const std::string forbidden =
      "Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\nAuthorization: x\r\nCookie: x\r\nConnection: "
      "x\r\nTE: x\r\n"
      "X-Forwarded-For: x\r\nX-Request-Id: x\r\nUpgrade: x\r\nTrailer: x\r\nExpect: x\r\nContent-Type: x\r\nForwarded: "
      "x\r\nVia: x\r\nContent-Encoding: x\r\ncache-control: x\r\nSet-Cookie: x\r\nRange: x\r\n";
  EXPECT_EQ(trailer_names("Digest: a\r\n" + forbidden + "X-Sum: b\r\n\r\n"),
            (std::vector<std::string>{"Digest", "X-Sum"}));
  EXPECT_EQ(trailer_names("\r\n"), std::vector<std::string>());
}

TEST(Trailers, BadOnesAreRefused) {
  std::vector<Field> fields;
  for (const char* bad : {"A : b\r\n\r\n", "A: b\n\r\n", " A: b\r\n\r\n", "A: b\r\n\n", "A: b\rc\r\n\r\n"}) {
    EXPECT_TRUE(parse_trailers(bad, {}, fields)) << bad;
  }
  EXPECT_EQ(parse_trailers("A: b\r\nA: b\r\n\r\n", {.fields = 1}, fields).kind, ErrorKind::headers_too_large);
}

}  // namespace
}  // namespace penstock::http
