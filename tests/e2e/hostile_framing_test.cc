// How long a request is: Content-Length against Transfer-Encoding, RFC 9112 §6.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

using namespace std::string_literals;

const std::string kChunks = "5\r\nhello\r\n0\r\n\r\n";

RequestCase bad_length(const std::string& value) {
  return refused("Content-Length", post_with("Content-Length:" + value + "\r\n", "hello"));
}

RequestCase bad_coding(const std::string& value) {
  return refused("Transfer-Encoding", post_with("Transfer-Encoding:" + value + "\r\n", kChunks), {400, 501});
}

// CVE-2021-40346, CVE-2023-40225: one side reads another number, or none.
TEST_F(Hostile, ALengthIsDigits) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const std::string& value : {""s,
                                   " "s,
                                   " +5"s,
                                   " -1"s,
                                   " -0"s,
                                   " 0x5"s,
                                   " 5 5"s,
                                   " 5,5"s,
                                   " 5, 5"s,
                                   " 5,"s,
                                   " ,5"s,
                                   " 5;5"s,
                                   " 5.0"s,
                                   " 5e0"s,
                                   " five"s,
                                   " \"5\""s,
                                   " 5\0"s,
                                   " \0"s,
                                   " 5\x0b"s,
                                   " \x0b"s + "5",
                                   " 5\x0c"s,
                                   " 5\r"s,
                                   " 5\xa0"s,
                                   " \xd9\xa5"s,
                                   " 5h"s,
                                   " 0 5"s,
                                   " 5\t5"s,
                                   " (5)"s,
                                   " 18446744073709551616"s,
                                   " 18446744073709551621"s,
                                   " 9223372036854775808"s,
                                   " 99999999999999999999999999"s,
                                   " 4294967301 "s + "0"}) {
    cases.push_back(bad_length(value));
  }
  expect_all(gateway, cases);
}

TEST_F(Hostile, ThereIsOneLength) {
  Gateway gateway(backend);
  expect_all(gateway,
             {refused("the same twice", post_with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")),
              refused("two", post_with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")),
              refused("two, the other way round", post_with("Content-Length: 6\r\nContent-Length: 5\r\n", "hello")),
              refused("0 and 5", post_with("Content-Length: 0\r\nContent-Length: 5\r\n", "hello")),
              refused("in other letters", post_with("Content-Length: 5\r\ncontent-length: 0\r\n", "hello")),
              refused("one empty", post_with("Content-Length: 5\r\nContent-Length:\r\n", "hello")),
              refused("one bad", post_with("Content-Length: 5\r\nContent-Length: x\r\n", "hello")),
              refused("far apart", post_with("Content-Length: 5\r\nX: 1\r\nContent-Length: 6\r\n", "hello")),
              refused("of a GET", get_with("Content-Length: 0\r\nContent-Length: 44\r\n"))});
}

TEST_F(Hostile, GoodLengthsPass) {
  Gateway gateway(backend);
  const std::string plain = post_with("Content-Length: 5\r\n", "hello");
  expect_all(gateway,
             {passed("plain", plain), passed("tabs around", post_with("Content-Length:\t5\t\r\n", "hello"), plain),
              passed("no space", post_with("Content-Length:5\r\n", "hello"), plain),
              passed("in other letters", post_with("CONTENT-LENGTH: 5\r\n", "hello"), plain),
              passed("zeros in front", post_with("Content-Length: 005\r\n", "hello"), plain),
              passed("0", post_with("Content-Length: 0\r\n")), passed("none", post_with("")),
              passed("of a GET", get_with("Content-Length: 5\r\n") + "hello"),
              passed("of a DELETE", head("DELETE / HTTP/1.1", "Content-Length: 5\r\n") + "hello"),
              passed("of a HEAD", head("HEAD / HTTP/1.1", "Content-Length: 5\r\n") + "hello"),
              passed("a name that only resembles it", get_with("Content_Length: 5\r\n")),
              passed("another one", get_with("X-Content-Length: 5\r\nContent-Lengt: 5\r\nContent-Lengths: 5\r\n"))});
}

// CVE-2019-18277 (a vertical tab), CVE-2022-32213: only "chunked" is chunked.
TEST_F(Hostile, ObscuredCodingsAreRefused) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const std::string& value : {""s,
                                   " "s,
                                   " xchunked"s,
                                   " chunkedx"s,
                                   " chunke"s,
                                   " chunked\x0b"s,
                                   " \x0b"s + "chunked",
                                   "\x0c"s + "chunked",
                                   " chunked\0"s,
                                   " chunked\r"s,
                                   " chu nked"s,
                                   " chunked;q=1"s,
                                   " chunked; q=1"s,
                                   " chunked;"s,
                                   " \"chunked\""s,
                                   " 'chunked'"s,
                                   " chunked,"s,
                                   " ,chunked"s,
                                   " chunked, chunked"s,
                                   " chunked,chunked"s,
                                   " chunked, identity"s,
                                   " identity, chunked"s,
                                   " identity"s,
                                   " chunked identity"s,
                                   " chunked foo"s,
                                   " foo"s,
                                   " gzip"s,
                                   " chunked, gzip"s,
                                   " gzip chunked"s,
                                   " (chunked)"s,
                                   " chunked/1"s,
                                   " c\xc5\xa3unked"s,
                                   " chunked\x7f"s,
                                   " chunked\xa0"s,
                                   " [chunked]"s,
                                   " null"s,
                                   " chunked,\x0b"s,
                                   " none, chunked"s}) {
    cases.push_back(bad_coding(value));
  }
  expect_all(gateway, cases);
}

TEST_F(Hostile, OtherCodingsAreNotImplemented) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const char* value : {"gzip, chunked", "deflate,chunked", "x-a, chunked", "compress, gzip, chunked"}) {
    cases.push_back(refused(value, post_with("Transfer-Encoding: "s + value + "\r\n", kChunks), {501}));
  }
  expect_all(gateway, cases);
}

TEST_F(Hostile, ThereIsOneTransferEncoding) {
  Gateway gateway(backend);
  const auto two = [](const std::string& first, const std::string& second) {
    return refused("two fields",
                   post_with("Transfer-Encoding: " + first + "\r\nTransfer-Encoding: " + second + "\r\n", kChunks),
                   {400, 501});
  };
  expect_all(gateway, {two("chunked", "chunked"), two("chunked", "identity"), two("identity", "chunked"),
                       two("gzip", "chunked"), two("chunked", "x"), two("x", "chunked"), two("", "chunked"),
                       two("chunked", ""), two("chunked", "gzip")});
}

TEST_F(Hostile, LengthAndCodingTogetherAreRefused) {
  Gateway gateway(backend);
  const std::string remainder = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto both = [&](const std::string& first, const std::string& second) {
    return refused("both", post_with(first + "\r\n" + second + "\r\n", remainder));
  };
  const std::string length = "Content-Length: " + std::to_string(remainder.size());
  const std::string coding = "Transfer-Encoding: chunked";
  expect_all(gateway,
             {both(length, coding), both(coding, length), both("Content-Length: 0", coding),
              both(coding, "Content-Length: 0"), both("Content-Length: 5", coding), both(coding, "Content-Length: 5"),
              both("content-length: 5", "transfer-encoding: chunked"), both(length, "Transfer-Encoding: identity"),
              both(length, "Transfer-Encoding: gzip, chunked"), both("Transfer-Encoding: gzip, chunked", length),
              both(length, "Transfer-Encoding: xchunked"), both(length, "Transfer-Encoding:"),
              both(length, "Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding"),
              both(coding, "Content-Length: 5\r\nConnection: Content-Length")});
}

// CVE-2026-2835; RFC 9112 §6.1.
TEST_F(Hostile, AnOldRequestHasNoTransferEncoding) {
  Gateway gateway(backend);
  const std::string old = "POST / HTTP/1.0\r\nHost: a\r\n";
  expect_all(gateway,
             {refused("chunked", old + "Transfer-Encoding: chunked\r\n\r\n" + kChunks),
              refused("kept alive", old + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + kChunks),
              refused("with a length", old + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + kChunks),
              refused("another coding", old + "Transfer-Encoding: gzip, chunked\r\n\r\n" + kChunks, {400, 501})});
}

// CVE-2026-26365, CVE-2022-45059: the option must not take the framing away.
TEST_F(Hostile, ConnectionDoesNotTakeTheFramingAway) {
  Gateway gateway(backend);
  const std::string chunked = post_with("Transfer-Encoding: chunked\r\n", kChunks);
  expect_all(gateway,
             {passed("Transfer-Encoding",
                     post_with("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", kChunks), chunked),
              passed("before it", post_with("Transfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n", kChunks),
                     chunked),
              passed("Content-Length", post_with("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello"),
                     post_with("Content-Length: 5\r\n", "hello")),
              passed("Host", get_with("Connection: Host\r\n"), get_with(""))});
}

TEST_F(Hostile, ChunkedPassesAsChunked) {
  Gateway gateway(backend);
  const std::string chunked = post_with("Transfer-Encoding: chunked\r\n", kChunks);
  expect_all(
      gateway,
      {passed("plain", chunked), passed("capitals", post_with("Transfer-Encoding: CHUNKED\r\n", kChunks), chunked),
       passed("tabs around", post_with("Transfer-Encoding:\tchunked\t \r\n", kChunks), chunked),
       passed("no space", post_with("transfer-encoding:chunked\r\n", kChunks), chunked),
       passed("of a GET", get_with("Transfer-Encoding: chunked\r\n") + kChunks),
       passed("empty", post_with("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")),
       passed(
           "names that only resemble it",
           get_with("Transfer_Encoding: chunked\r\nX-Transfer-Encoding: chunked\r\nTransferEncoding: chunked\r\n"))});
}

}  // namespace
}  // namespace penstock::e2e
