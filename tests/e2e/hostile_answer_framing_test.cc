// How long an answer is, RFC 9112 §6.3: one answer for one client, visibly whole or visibly not.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

using namespace std::string_literals;

const std::string kOk = "HTTP/1.1 200 OK\r\n";
const std::string kChunkedHead = kOk + "Transfer-Encoding: chunked\r\n\r\n";
const std::string kHead = head("HEAD / HTTP/1.1");
const std::string kOld = "GET / HTTP/1.0\r\nHost: a\r\n\r\n";

AnswerCase bad(const std::string& name, const std::string& fields, const std::string& body = "hello") {
  return bad_gateway(name, kOk + fields + "\r\n" + body);
}

TEST_F(Hostile, AmbiguousLengthsOfAnswersAreABadGateway) {
  Gateway gateway(backend);
  std::vector<AnswerCase> cases;
  for (const std::string& value : {""s, "+5"s, "-5"s, "0x5"s, "5 5"s, "5,5"s, "5, 6"s, "5;5"s, "five"s, "5\0"s,
                                   "5\x0b"s, "18446744073709551621"s, "99999999999999999999999"s, "5.0"s}) {
    cases.push_back(bad("Content-Length", "Content-Length: " + value + "\r\n"));
  }
  const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  for (const std::string& value :
       {""s, "xchunked"s, "chunked, identity"s, "chunked, chunked"s, "identity"s, "gzip"s, "gzip, chunked"s,
        "chunked;q=1"s, "\"chunked\""s, "chunked\x0b"s, "chunked\0"s, "chunked,"s}) {
    cases.push_back(bad("Transfer-Encoding", "Transfer-Encoding: " + value + "\r\n", chunks));
  }
  cases.push_back(bad("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"));
  cases.push_back(bad("two lengths, the other way round", "Content-Length: 6\r\nContent-Length: 5\r\n"));
  cases.push_back(bad("the same length twice", "Content-Length: 5\r\nContent-Length: 5\r\n"));
  cases.push_back(bad("two codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunks));
  cases.push_back(bad("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks));
  cases.push_back(bad("length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks));
  cases.push_back(bad("chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks));
  cases.push_back(bad_gateway("chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks));
  expect_all(gateway, cases);
}

TEST_F(Hostile, AnswersWithALengthPass) {
  Gateway gateway(backend);
  const std::string plain = kOk + "Content-Length: 5\r\n\r\nhello";
  expect_all(
      gateway,
      {relayed("plain", plain), relayed("empty", kOk + "Content-Length: 0\r\n\r\n"),
       relayed("tabs around", kOk + "Content-Length:\t5\t\r\n\r\nhello", plain),
       relayed("closed behind it", plain, plain, Then::close),
       relayed("reset behind it", kOk + "Content-Length: 0\r\n\r\n", kOk + "Content-Length: 0\r\n\r\n", Then::close),
       relayed("HTTP/1.0, kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", plain),
       relayed("HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", plain, Then::close),
       relayed("205", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")});
}

TEST_F(Hostile, AnswersWithoutALengthGetChunksOrTheEnd) {
  Gateway gateway(backend);
  const std::string chunked = kChunkedHead + "5\r\nhello\r\n0\r\n\r\n";
  const std::string closing = kOk + "Connection: close\r\n\r\nhello";
  expect_all(
      gateway,
      {relayed("until the close", kOk + "\r\nhello", chunked, Then::close),
       relayed("nothing until the close", kOk + "\r\n", kChunkedHead + "0\r\n\r\n", Then::close),
       relayed("HTTP/1.0, until the close", "HTTP/1.0 200 OK\r\n\r\nhello", chunked, Then::close),
       relayed("chunks", chunked), to(kOld, relayed("chunks for HTTP/1.0", chunked, closing)),
       to(kOld, relayed("until the close for HTTP/1.0", kOk + "\r\nhello", closing, Then::close)),
       to("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
          relayed("chunks for HTTP/1.0, kept", chunked, closing)),
       to(kOld, relayed("trailers are not for HTTP/1.0", kChunkedHead + "5\r\nhello\r\n0\r\nX: 1\r\n\r\n", closing))});
}

TEST_F(Hostile, AnAnswerThatIsCutShortIsNotPassedOffAsWhole) {
  Gateway gateway(backend);
  std::vector<AnswerCase> cases;
  for (const Then then : {Then::close, Then::reset}) {
    cases.push_back(cut_answer("within a length", kOk + "Content-Length: 50\r\n\r\nhello", then));
    cases.push_back(cut_answer("before the body", kOk + "Content-Length: 50\r\n\r\n", then));
    cases.push_back(cut_answer("within a chunk", kChunkedHead + "5\r\nhel", then));
    cases.push_back(cut_answer("before the chunks", kChunkedHead, then));
    cases.push_back(cut_answer("within a chunk size", kChunkedHead + "5", then));
    cases.push_back(cut_answer("between two chunks", kChunkedHead + "5\r\nhello\r\n", then));
    cases.push_back(cut_answer("within the last chunk", kChunkedHead + "5\r\nhello\r\n0\r\n", then));
    cases.push_back(cut_answer("within the trailers", kChunkedHead + "5\r\nhello\r\n0\r\nX: 1\r\n", then));
    cases.push_back(to(kOld, cut_answer("within a chunk, HTTP/1.0", kChunkedHead + "5\r\nhel", then)));
    cases.push_back(to(kOld, cut_answer("within a length, HTTP/1.0", kOk + "Content-Length: 50\r\n\r\nhello", then)));
  }
  cases.push_back(cut_answer("a reset instead of the close", kOk + "\r\nhello", Then::reset));
  expect_all(gateway, cases);
}

// Without a length the only sign of a broken answer is how the connection ends.
TEST_F(Hostile, AnOldClientCanTellABrokenAnswerByTheReset) {
  Gateway gateway(backend);
  backend.on_request([](Exchange& exchange) {
    exchange.reply(kChunkedHead + "5\r\nhello\r\n");
    exchange.stall();
    exchange.close();
  });
  Client client(gateway);
  client.send(kOld);
  EXPECT_EQ(client.head().status(), 200);
  EXPECT_EQ(client.read_exactly(5), "hello");
  backend.release();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(client.was_reset());
}

TEST_F(Hostile, BadChunksOfAnswersAreCut) {
  Gateway gateway(backend);
  std::vector<AnswerCase> cases;
  for (const std::string& body : {"x\r\nhello\r\n0\r\n\r\n"s,
                                  "-5\r\nhello\r\n0\r\n\r\n"s,
                                  "0x5\r\nhello\r\n0\r\n\r\n"s,
                                  " 5\r\nhello\r\n0\r\n\r\n"s,
                                  "5 \r\nhello\r\n0\r\n\r\n"s,
                                  "\r\nhello\r\n0\r\n\r\n"s,
                                  "5\nhello\r\n0\r\n\r\n"s,
                                  "5\r\nhello\n0\r\n\r\n"s,
                                  "5\r\nhello0\r\n\r\n"s,
                                  "5\r\nhelloXX0\r\n\r\n"s,
                                  "4\r\nhello\r\n0\r\n\r\n"s,
                                  "5;\nhello\r\n0\r\n\r\n"s,
                                  "5;a\rb\r\nhello\r\n0\r\n\r\n"s,
                                  "5\r;a\r\nhello\r\n0\r\n\r\n"s,
                                  "5\r\nhello\r\n0\n\n"s,
                                  "5\r\nhello\r\n0\r\n\n"s,
                                  "5\r\nhello\r\n0\r\nX : 1\r\n\r\n"s,
                                  "5\r\nhello\r\n0\r\nX: 1\r\n 2\r\n\r\n"s,
                                  "5\r\nhello\r\n0\r\nX: a\0b\r\n\r\n"s,
                                  "5\r\nhello\r\n0\r\n: 1\r\n\r\n"s,
                                  "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"s,
                                  "10000000000000005\r\nhello\r\n0\r\n\r\n"s,
                                  "fffffffffffffffff\r\nhello\r\n"s,
                                  "5\r\nhello\r\nHTTP/1.1 200 OK\r\n\r\n"s,
                                  "5;" + std::string(100'000, 'a') + "\r\nhello\r\n0\r\n\r\n"}) {
    cases.push_back(cut_answer("chunks", kChunkedHead + body, Then::keep));
  }
  expect_all(gateway, cases);
}

TEST_F(Hostile, GoodChunksOfAnswersPass) {
  Gateway gateway(backend);
  const auto chunks = [](const std::string& name, const std::string& body, const std::string& seen) {
    return relayed(name, kChunkedHead + body, kChunkedHead + seen);
  };
  expect_all(gateway,
             {chunks("several", "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"),
              chunks("extensions end here", "5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"),
              chunks("trailers", "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"),
              chunks("trailers that have no place there are left out",
                     "5\r\nhello\r\n0\r\nX-Sum: 1\r\nSet-Cookie: "
                     "a=b\r\nConnection: close\r\n\r\n",
                     "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"),
              relayed("trailers that Connection names",
                      kOk + "Connection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Hop: 1\r\nX: 2\r\n\r\n",
                      kChunkedHead + "0\r\nX: 2\r\n\r\n"),
              chunks("an answer as data", chunk(kOk + "Content-Length: 0\r\n\r\n") + "0\r\n\r\n",
                     chunk(kOk + "Content-Length: 0\r\n\r\n") + "0\r\n\r\n")});
}

// RFC 9110 §8.6, RFC 9112 §6.1: answers that have no content, whatever their fields say.
TEST_F(Hostile, AnswersWithoutContentHaveNone) {
  Gateway gateway(backend);
  const std::string no_content = "HTTP/1.1 204 No Content\r\n\r\n";
  const std::string not_modified = "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n";
  expect_all(
      gateway,
      {relayed("204", no_content),
       relayed("204 with a length of 0", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", no_content),
       relayed("204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", no_content),
       relayed("204 with content", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", no_content),
       relayed("204 with content of no length", "HTTP/1.1 204 No Content\r\n\r\nhello", no_content),
       bad_gateway("204 with chunks",
                   "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
       relayed("304", not_modified + "\r\n"), relayed("304 with a length", not_modified + "Content-Length: 50\r\n\r\n"),
       relayed("304 with content", not_modified + "\r\nhello", not_modified + "\r\n"),
       relayed("304 with an answer behind it", not_modified + "\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nowned",
               not_modified + "\r\n"),
       relayed("304 with chunks", not_modified + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", not_modified + "\r\n"),
       to(kHead, relayed("HEAD", kOk + "Content-Length: 50\r\n\r\n")),
       to(kHead,
          relayed("HEAD with content", kOk + "Content-Length: 5\r\n\r\nhello", kOk + "Content-Length: 5\r\n\r\n")),
       to(kHead, relayed("HEAD with an answer behind it",
                         kOk + "Content-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nowned",
                         kOk + "Content-Length: 5\r\n\r\n")),
       to(kHead, relayed("HEAD of chunks", kChunkedHead, kOk + "\r\n")),
       to(kHead, relayed("HEAD of chunks with content", kChunkedHead + "5\r\nhello\r\n0\r\n\r\n", kOk + "\r\n")),
       to(kHead, relayed("HEAD until the close", kOk + "\r\n", kOk + "\r\n", Then::close)),
       to(kHead, relayed("HEAD with nothing", kOk + "\r\n", kOk + "\r\n"))});
}

}  // namespace
}  // namespace penstock::e2e
