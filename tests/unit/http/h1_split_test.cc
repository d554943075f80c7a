// However a stream is cut into pieces, the parser tells the same: no more, no less, and no other error.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/codec_trace.h"

namespace penstock::http {
namespace {

template <class Parser>
std::string parse(const std::vector<std::string>& pieces, const HeadLimits& limits) {
  CodecTrace<Parser> trace(limits);
  for (const std::string& piece : pieces) {
    // A copy of just its size, so that reading beyond a piece is seen.
    const auto bytes = std::make_unique<char[]>(piece.size());
    std::ranges::copy(piece, bytes.get());
    if (!trace.feed({bytes.get(), piece.size()})) return trace.text();
  }
  trace.finish();
  return trace.text();
}

template <class Parser>
void expect_same_however_split(const std::string& stream, const HeadLimits& limits = {}) {
  const std::string whole = parse<Parser>({stream}, limits);
  for (std::size_t at = 0; at <= stream.size(); ++at) {
    ASSERT_EQ(parse<Parser>({stream.substr(0, at), stream.substr(at)}, limits), whole) << "cut at " << at << " of:\n"
                                                                                       << stream;
  }
  std::vector<std::string> bytes;
  for (const char c : stream) bytes.emplace_back(1, c);
  ASSERT_EQ(parse<Parser>(bytes, limits), whole) << "byte by byte:\n" << stream;
}

void expect_same_requests(const std::string& stream, const HeadLimits& limits = {}) {
  expect_same_however_split<H1RequestParser>(stream, limits);
}

TEST(H1Splits, GoodRequestsAreTheSame) {
  expect_same_requests(
      "GET /a/../b?c HTTP/1.1\r\nHost:\th\r\nX: \t y\r\n\r\n"
      "\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n"
      "OPTIONS * HTTP/1.0\r\n\r\n");
}

TEST(H1Splits, GoodAnswersAreTheSame) {
  expect_same_however_split<H1ResponseParser>(
      "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 "
      "OK\r\nTransfer-Encoding:\tchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      "HTTP/1.1 204\r\n\r\nHTTP/1.0 200 OK\r\n\r\nrest");
}

TEST(H1Splits, BadRequestsAreRefusedForTheSameReason) {
  for (const char* bad : {
           "BREW / HTTP/1.1\r\nHost: h\r\n\r\n",
           "BREW / HTTP/1.1\r\nHost : h\r\n\r\n",
           "BREW / HTTP/3.0\r\nHost: h\r\n\r\n",
           "BREW /\t HTTP/3.0\r\n\r\n",
           "GET / HTTP/1.2\r\nHost: h\r\n\r\n",
           "GET / HTTP/1.1\nHost: h\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\n\r\n",
           "GET / HTTP/1.1\r\nHo st: h\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\nA B: c\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n: a\r\n\r\n",
           "GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 1\r\n\r\n",
           "GET / HTTP/1.1\r\nExpect: x\r\nContent-Length: x\r\n\r\n",
           "\x16\x03\x01 hello",
           "GE\x01 / HTTP/1.1\r\n\r\n",
           "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
           "GET /\r\n\r\n",
           "get / HTTP/1.1\r\nHost: h\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA B: c\r\n\r\n",
       }) {
    expect_same_requests(bad);
  }
}

TEST(H1Splits, LimitsAreReachedAtTheSameByte) {
  const HeadLimits tiny = {.line_bytes = 20, .head_bytes = 40, .fields = 2};
  for (std::size_t size = 0; size < 12; ++size) {
    const std::string a(size, 'a');
    expect_same_requests("GET /" + a + " HTTP/1.1\r\nHost: h\r\n\r\n", tiny);
    expect_same_requests("GET /a/" + a + "\x01 HTTP/1.1\r\nHost: h\r\n\r\n", tiny);
    expect_same_requests("BREW /" + a + " HTTP/1.1\r\nHost: h\r\n\r\n", tiny);
    expect_same_requests("GET / HTTP/1.1\r\nHost: h\r\nXX: " + a + "\r\n\r\n", tiny);
    expect_same_requests("GET / HTTP/1.1\r\nHost: h\r\nX: \t" + a + "\x01\r\n\r\n", tiny);
    expect_same_requests("GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB: \r\nC : x\r\n" + a + ": b\r\n\r\n", tiny);
  }
}

TEST(H1Splits, TrailersReachTheirLimitAtTheSameByte) {
  const HeadLimits tiny = {.line_bytes = 40, .head_bytes = 62, .fields = 2};
  for (std::size_t size = 30; size < 70; ++size) {
    const std::string head = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    expect_same_requests(head + "X: " + std::string(size, 'a') + "\r\n\r\n", tiny);
    expect_same_requests(head + "X: " + std::string(size, 'a') + "\x01\r\n\r\n", tiny);
  }
}

TEST(H1Splits, ChunkFramingIsBoundedAlike) {
  // Long extensions, and between them enough data that a parser which is fed it byte by byte might forgive more.
  std::string stream = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 40; ++i) stream += "64;" + std::string(900, 'x') + "\r\n" + std::string(100, 'y') + "\r\n";
  std::vector<std::string> bytes;
  for (const char c : stream) bytes.emplace_back(1, c);
  const std::string whole = parse<H1RequestParser>({stream}, {});
  EXPECT_TRUE(whole.ends_with("error bad_request"));
  EXPECT_TRUE(parse<H1RequestParser>(bytes, {}) == whole);
}

/// Cuts, joins and damages good streams in ways that follow from the seed.
class Mutations {
 public:
  std::string next() {
    std::string stream;
    for (std::size_t i = 0; i <= random_() % 2; ++i) stream += kGood[random_() % std::size(kGood)];
    for (std::size_t i = random_() % 3; i > 0; --i) {
      const std::size_t at = random_() % stream.size();
      switch (random_() % 3) {
        case 0:
          stream[at] = kOdd[random_() % kOdd.size()];
          break;
        case 1:
          stream.insert(at, 1, kOdd[random_() % kOdd.size()]);
          break;
        default:
          stream.erase(at, 1 + random_() % 3);
      }
      if (stream.empty()) return stream;
    }
    return stream;
  }
  std::vector<std::string> cut(const std::string& stream) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < stream.size();) {
      pieces.push_back(stream.substr(at, 1 + random_() % 20));
      at += pieces.back().size();
    }
    return pieces;
  }

 private:
  static constexpr char kOddBytes[] = "\r\n\t \0\x01\x7f\x80:;,/?#%.0aA5";
  static constexpr std::string_view kOdd{kOddBytes, sizeof(kOddBytes) - 1};
  const std::string kGood[4] = {
      "GET http://h/%2e/a?b HTTP/1.1\r\nHost: h\r\nConnection: close, x\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length:\t7\r\nExpect: 100-continue\r\n\r\nabcdefg",
      "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\na;b=\"c\"\r\n0123456789\r\n00\r\nA: b\r\n\r\n",
      "GET / HTTP/1.0\r\nUpgrade: x\r\nA:b\r\n\r\n",
  };
  std::mt19937 random_{1};
};

TEST(H1Splits, DamagedStreamsAreTheSame) {
  Mutations mutations;
  for (int i = 0; i < 20'000; ++i) {
    const std::string stream = mutations.next();
    for (const HeadLimits& limits : {HeadLimits{}, HeadLimits{.line_bytes = 32, .head_bytes = 80, .fields = 3}}) {
      const auto pieces = mutations.cut(stream);
      ASSERT_EQ(parse<H1RequestParser>(pieces, limits), parse<H1RequestParser>({stream}, limits)) << stream;
    }
  }
}

}  // namespace
}  // namespace penstock::http
