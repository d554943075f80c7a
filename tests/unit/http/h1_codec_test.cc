// Streams of requests and answers → events.
#include "gateway/http/h1_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/codec_trace.h"

namespace penstock::http {
namespace {

using Event = H1Parser::Event;

const std::string kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";

/// All events of a stream that is received at once and then closed.
template <class Parser>
std::string events(std::string_view stream, Method to = Method::get) {
  CodecTrace<Parser> trace;
  if constexpr (std::is_same_v<Parser, H1ResponseParser>) trace.parser.expect_answer_to(to);
  if (trace.feed(stream)) trace.finish();
  return trace.text();
}
std::string requests(std::string_view stream) {
  return events<H1RequestParser>(stream);
}
std::string answers(std::string_view stream, Method to = Method::get) {
  return events<H1ResponseParser>(stream, to);
}

TEST(H1Codec, ARequestWithoutABodyIsAHeadAndAnEnd) {
  H1RequestParser parser;
  std::string_view in = kGet;
  ASSERT_EQ(parser.next(in), Event::head);
  EXPECT_EQ(parser.head().path, "/");
  EXPECT_EQ(parser.next(in), Event::end);
  EXPECT_EQ(parser.next(in), Event::need_more);
  EXPECT_TRUE(parser.idle());
}

TEST(H1Codec, ABodyIsHandedOutAsItWasReceived) {
  H1RequestParser parser;
  std::string_view in = kPost;
  parser.next(in);
  ASSERT_EQ(parser.next(in), Event::body);
  EXPECT_EQ(parser.body(), "hello");
  EXPECT_EQ(parser.body().data(), kPost.data() + kPost.size() - 5);
  EXPECT_EQ(parser.next(in), Event::end);
}

TEST(H1Codec, NothingOfABodyIsCopiedWithItsHead) {
  H1RequestParser parser;
  const std::string body(20'000, '\t');
  const std::string post = "POST / HTTP/1.1\r\nHost:\th\r\nContent-Length: 20000\r\n\r\n" + body;
  std::string_view in = post;
  ASSERT_EQ(parser.next(in), Event::head);
  ASSERT_EQ(parser.next(in), Event::body);
  EXPECT_EQ(parser.body(), body);
  EXPECT_LT(parser.capacity(), 1'000u);
}

TEST(H1Codec, AtRestAParserKeepsLittle) {
  H1RequestParser parser;
  const std::string large = "GET / HTTP/1.1\r\nHost: h\r\nCookie:\t" + std::string(20'000, 'c') + "\r\n\r\n";
  std::string_view in = large;
  ASSERT_EQ(parser.next(in), Event::head);
  EXPECT_GT(parser.capacity(), 40'000u);
  parser.trim();
  EXPECT_LT(parser.capacity(), 4'096u);
  in = kGet;
  EXPECT_EQ(parser.next(in), Event::head);
}

TEST(H1Codec, WhatFollowsAMessageIsLeftToTheCaller) {
  H1RequestParser parser;
  const std::string two = kPost + kGet;
  std::string_view in = two;
  parser.next(in);
  parser.next(in);
  ASSERT_EQ(parser.next(in), Event::end);
  EXPECT_EQ(in, kGet);
  EXPECT_EQ(parser.next(in), Event::head);
  EXPECT_EQ(in, "");
}

TEST(H1Codec, AHeadStaysUntilTheMessageEnds) {
  H1RequestParser parser;
  std::string first = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n";
  std::string_view in = first;
  parser.next(in);
  first.assign(first.size(), '!');
  std::string_view rest = "x";
  parser.next(rest);
  EXPECT_EQ(parser.head().path, "/a");
  EXPECT_EQ(parser.head().authority, "h");
}

TEST(H1Codec, AnEmptyBodyIsNoBodyEvent) {
  EXPECT_EQ(requests("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
            "head POST h / 1.1 body=1/0 keep <Host|h> <Content-Length|0>\nend");
}

TEST(H1Codec, TellsWhereItStands) {
  H1RequestParser parser;
  std::string_view in = "\r";
  parser.next(in);
  EXPECT_TRUE(!parser.idle() && parser.in_head());
  in = "\nGE";
  parser.next(in);
  EXPECT_TRUE(!parser.idle() && parser.in_head());
  in = "T / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n";
  parser.next(in);
  EXPECT_TRUE(!parser.idle() && !parser.in_head());
}

TEST(H1Codec, OneEmptyLineMayComeBeforeARequest) {
  EXPECT_EQ(requests("\r\n" + kGet), requests(kGet));
  for (const char* odd : {"\r\n\r\n", "\n", "\r", "\r\r\n", "\n\r\n", " ", "\r\n ", "\r\n\n"}) {
    EXPECT_EQ(requests(odd + kGet), "error bad_request") << odd;
  }
}

TEST(H1Codec, NothingMayComeBeforeAnAnswer) {
  EXPECT_EQ(answers("\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "error upstream_protocol");
}

TEST(H1Codec, TabsAreWhiteSpaceAroundValues) {
  EXPECT_EQ(requests("POST / HTTP/1.1\r\nHost:\th\r\nContent-Length:\t2\t\r\n\r\nhi"),
            requests("POST / HTTP/1.1\r\nHost:h\r\nContent-Length: 2 \r\n\r\nhi"));
  EXPECT_EQ(requests("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \tchunked\t\r\n\r\n0\r\n\r\n"),
            "head POST h / 1.1 body=2/0 keep <Host|h> <Transfer-Encoding|chunked>\nend");
  EXPECT_EQ(requests("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"), "error bad_request");
  EXPECT_EQ(requests("GET / HTTP/1.1\r\nHost\t: h\r\n\r\n"), "error bad_request");
}

TEST(H1Codec, TabsWithinABodyStay) {
  EXPECT_EQ(requests("POST / HTTP/1.1\r\nHost:\th\r\nContent-Length: 3\r\n\r\na\tb"),
            "head POST h / 1.1 body=1/3 keep <Host|h> <Content-Length|3>\nbody a\tb\nend");
}

TEST(H1Codec, ErrorsAreNamedAndFinal) {
  EXPECT_EQ(requests("BREW / HTTP/1.1\r\nHost: h\r\n\r\n"), "error method_unknown");
  EXPECT_EQ(requests("GET / HTTP/1.9\r\nHost: h\r\n\r\n"), "error version_unsupported");
  EXPECT_EQ(requests("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "error version_unsupported");
  EXPECT_EQ(requests("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), "error coding_unknown");
  EXPECT_EQ(requests("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "error bad_request");
  CodecTrace<H1RequestParser> trace;
  EXPECT_FALSE(trace.feed("?\r\n"));
  EXPECT_FALSE(trace.feed(kGet));
}

TEST(H1Codec, BinaryGarbageIsRefusedWithoutWaitingForALine) {
  EXPECT_EQ(requests(std::string_view("\x16\x03\x01\x02\x00\x01", 6)), "error bad_request");
}

TEST(H1Codec, AMessageThatIsCutShortIsAnError) {
  EXPECT_EQ(requests(""), "");
  EXPECT_EQ(requests("GET / HT"), "error bad_request");
  EXPECT_EQ(requests("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhell"),
            "head POST h / 1.1 body=1/5 keep <Host|h> <Content-Length|5>\nbody hell\nerror bad_request");
  EXPECT_EQ(answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx"),
            "head 200 OK 1.1 body=1/2 keep <Content-Length|2>\nbody x\nerror upstream_truncated");
  EXPECT_EQ(answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"),
            "head 200 OK 1.1 body=2/0 keep <Transfer-Encoding|chunked>\nbody x\nerror upstream_truncated");
  EXPECT_EQ(answers("HTTP/1.1 200 OK\r\n"), "error upstream_truncated");
}

TEST(H1Codec, TheEndOfTheConnectionEndsAnAnswerWithoutALength) {
  EXPECT_EQ(answers("HTTP/1.0 200 OK\r\n\r\nall of it"), "head 200 OK 1.0 body=3/0\nbody all of it\nend by close");
  EXPECT_EQ(answers("HTTP/1.0 200 OK\r\n\r\n"), "head 200 OK 1.0 body=3/0\nend by close");
}

TEST(H1Codec, InterimAnswersComeBeforeTheAnswer) {
  EXPECT_EQ(answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: a\r\n\r\nHTTP/1.1 204 No\r\n\r\n"),
            "head 100 Continue 1.1 body=0/0 keep\nend\nhead 103 x 1.1 body=0/0 keep <Link|a>\nend\nhead 204 No 1.1 "
            "body=0/0 keep\nend");
}

TEST(H1Codec, AnswersToHeadHaveNoBody) {
  EXPECT_EQ(answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Method::head),
            "head 200 OK 1.1 body=0/5 keep <Content-Length|5>\nend");
  EXPECT_EQ(answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Method::head),
            "head 200 OK 1.1 body=0/0 keep <Transfer-Encoding|chunked>\nend");
}

TEST(H1Codec, WhatIsNotHttpIsNoAnswer) {
  for (const char* odd :
       {"SSH-2.0-OpenSSH\r\n", "HTTP/2.0 200 OK\r\n\r\n", "hello", "HTTP/1.1 200 OK\nA: b\n\n", "<html>"}) {
    EXPECT_EQ(answers(std::string(odd) + "\r\n\r\n"), "error upstream_protocol") << odd;
  }
}

TEST(H1Codec, BytesAfterAnUpgradeAreNotLookedAt) {
  H1ResponseParser parser;
  std::string_view in = "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello";
  ASSERT_EQ(parser.next(in), Event::head);
  EXPECT_EQ(in, "\x81\x05hello");
}

TEST(H1Codec, ResetForgetsHalfAMessageAndAnError) {
  CodecTrace<H1RequestParser> trace;
  trace.feed("POST / HTTP/1.1\r\nHo");
  trace.parser.reset();
  EXPECT_TRUE(trace.parser.idle());
  trace.feed("?\r\n");
  trace.parser.reset();
  EXPECT_EQ(trace.parser.error().kind, ErrorKind::none);
  EXPECT_TRUE(trace.feed(kGet));
  EXPECT_EQ(trace.text(), "error bad_request\nhead GET h / 1.1 body=0/0 keep <Host|h>\nend");
}

TEST(H1Codec, ResetMayBringOtherLimits) {
  CodecTrace<H1RequestParser> trace;
  trace.parser.reset({.line_bytes = 20, .head_bytes = 100, .fields = 1});
  EXPECT_FALSE(trace.feed("GET /" + std::string(20, 'a') + " HTTP/1.1\r\n"));
  EXPECT_EQ(trace.text(), "error uri_too_long");
}

}  // namespace
}  // namespace penstock::http
