// Chunked bodies: framing, extensions and their bounds, trailers.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/codec_trace.h"

namespace penstock::http {
namespace {

class Chunks : public testing::Test {
 protected:
  HeadLimits limits;

  /// The events after the head.
  std::string parse(const std::string& body, const std::string& fields = "") {
    CodecTrace<H1RequestParser> trace(limits);
    trace.feed("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" + fields + "\r\n");
    const std::size_t head = trace.text().size() + 1;
    trace.feed(body);
    return trace.text().size() < head ? "" : trace.text().substr(head);
  }
  bool refused(const std::string& body) { return parse(body).ends_with("error bad_request"); }
};

TEST_F(Chunks, AreJoinedToABody) {
  EXPECT_EQ(parse("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), "body abc0123456789\nend");
  EXPECT_EQ(parse("0\r\n\r\n"), "end");
  EXPECT_EQ(parse("0003\r\nabc\r\n000\r\n\r\n"), "body abc\nend");
}

TEST_F(Chunks, WhatFollowsTheLastIsTheNextMessage) {
  EXPECT_EQ(parse("0\r\n\r\nGET / HTTP/1.0\r\n\r\n"), "end\nhead GET  / 1.0 body=0/0\nend");
}

TEST_F(Chunks, BadSizesAreRefused) {
  for (const char* bad : {"\r\n", "g\r\n", "0x3\r\nabc\r\n", "+3\r\nabc\r\n", "-3\r\n", " 3\r\nabc\r\n",
                          "3 \r\nabc\r\n", "3\t\r\nabc\r\n", "3 3\r\n", "3\nabc\r\n", "3\rabc\r\n", "3\r\r\n",
                          "10000000000000000\r\n", "fffffffffffffffff\r\n", "3.\r\n", "3,3\r\n", ";a\r\n"}) {
    EXPECT_TRUE(refused(bad)) << bad;
  }
}

TEST_F(Chunks, DataEndsInCrLfJustWhereTheSizeSays) {
  for (const char* bad :
       {"3\r\nabcd\r\n", "3\r\nab\r\n0\r\n\r\n", "3\r\nabc\n", "3\r\nabc0\r\n", "3\r\nabc\r0", "3\r\nabc\n\r\n"}) {
    EXPECT_TRUE(refused(bad)) << bad;
  }
}

TEST_F(Chunks, TheLastOneIsFollowedByTrailersAndAnEmptyLine) {
  for (const char* bad : {"0\n\r\n", "0\r\n\n", "0\r\n\rX", "0\r\nX\r\n\r\n", "0\r\nA : b\r\n\r\n",
                          "0\r\n A: b\r\n\r\n", "0\r\nA: b\r\n c\r\n\r\n", "0\r\nA: b\n\r\n"}) {
    EXPECT_TRUE(refused(bad)) << bad;
  }
}

TEST_F(Chunks, TrailersAreTold) {
  EXPECT_EQ(parse("1\r\nx\r\n0\r\nDigest: a\r\nX:\tb \r\n\r\n"), "body x\nend <Digest|a> <X|b>");
  EXPECT_EQ(parse("0\r\nHost: evil\r\nX: y\r\n\r\n"), "end <X|y>");
}

TEST_F(Chunks, TrailersThatConnectionNamesStayBehind) {
  EXPECT_EQ(parse("0\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n", "Connection: x-hop\r\n"), "end <X-End|2>");
}

TEST_F(Chunks, TrailersHaveTheLimitsOfHeads) {
  limits.head_bytes = 100;
  limits.fields = 3;
  EXPECT_EQ(parse("0\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n"), "error headers_too_large");
  EXPECT_EQ(parse("0\r\nA: " + std::string(200, 'b')), "error headers_too_large");
  EXPECT_EQ(parse("0\r\nA: " + std::string(90, 'b') + "\r\n\r\n"), "end <A|" + std::string(90, 'b') + ">");
}

TEST_F(Chunks, ExtensionsArePassedOver) {
  EXPECT_EQ(parse("3;a=b;c;d=\"e;f\"\r\nabc\r\n0;x\r\n\r\n"), "body abc\nend");
}

TEST_F(Chunks, BadExtensionsAreRefused) {
  for (const char* bad : {"3;\r\nabc\r\n", "3;a\nabc\r\n", "3;a\rb\r\nabc\r\n", "3;a=\"b\nc\"\r\nabc\r\n",
                          "3;=b\r\nabc\r\n", "3;a=\"b\r\nabc\r\n"}) {
    EXPECT_TRUE(refused(bad)) << bad;
  }
}

TEST_F(Chunks, OneLineOfExtensionsIsBounded) {
  EXPECT_FALSE(refused("3;" + std::string(1000, 'x') + "\r\nabc\r\n"));
  EXPECT_TRUE(refused("3;" + std::string(1100, 'x') + "\r\nabc\r\n"));
  EXPECT_TRUE(refused("3;" + std::string(1100, 'x')));
  EXPECT_TRUE(refused("3\r\nabc\r\n0;" + std::string(1100, 'x') + "\r\n\r\n"));
}

TEST_F(Chunks, ExtensionsAreBoundedInAll) {
  std::string body;
  for (int i = 0; i < 100; ++i) body += "1;" + std::string(900, 'x') + "\r\ny\r\n";
  EXPECT_TRUE(refused(body));
}

TEST_F(Chunks, SmallOnesAreNoOffence) {
  std::string body;
  for (int i = 0; i < 100'000; ++i) body += "1\r\ny\r\n";
  EXPECT_EQ(parse(body + "0\r\n\r\n"), "body " + std::string(100'000, 'y') + "\nend");
}

TEST_F(Chunks, AHugeOneIsOnlyAPromise) {
  EXPECT_EQ(parse("fffffffffffffff\r\nabc"), "body abc");
}

}  // namespace
}  // namespace penstock::http
