#include "gateway/http/h1_writer.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gateway/http/h1_head.h"

namespace penstock::http {
namespace {

/// Into a buffer of just the promised size, so that a byte too many is seen by the sanitizers, and here.
template <class Line>
std::string write(const Line& line, const HeadFields& fields) {
  const std::size_t bound = head_bound(line, fields);
  const auto out = std::make_unique<char[]>(bound);
  const char* end = write_head(out.get(), line, fields);
  const auto size = static_cast<std::size_t>(end - out.get());
  EXPECT_LE(size, bound);
  return {out.get(), size};
}

std::vector<Field> parse_fields(const std::string& head) {
  RequestHead parsed;
  std::string scratch;
  EXPECT_FALSE(parse_request_head(head, {}, parsed, scratch)) << head;
  return parsed.fields;
}

TEST(H1Writer, WritesARequest) {
  const std::vector<Field> passed = {{"Accept", "*/*"}};
  const std::vector<Field> added = {{"Host", "h"}, {"Empty", ""}};
  EXPECT_EQ(
      write(RequestLine{"POST", "/a", "b=c", true}, {passed, added, {BodyKind::length, 12}, "upgrade"}),
      "POST /a?b=c HTTP/1.1\r\nAccept: */*\r\nHost: h\r\nEmpty: \r\nContent-Length: 12\r\nConnection: upgrade\r\n\r\n");
}

TEST(H1Writer, WritesAnAnswer) {
  EXPECT_EQ(write(StatusLine{200, "OK"}, {{}, {}, {BodyKind::chunked, 0}, {}}),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(write(StatusLine{299, {}}, {{}, {}, {BodyKind::until_close, 9}, "close"}),
            "HTTP/1.1 299 \r\nConnection: close\r\n\r\n");
}

TEST(H1Writer, AQueryIsWrittenOnlyIfThereIsOne) {
  EXPECT_EQ(write(RequestLine{"GET", "/", "", true}, {}), "GET /? HTTP/1.1\r\n\r\n");
  EXPECT_EQ(write(RequestLine{"GET", "/", "", false}, {}), "GET / HTTP/1.1\r\n\r\n");
}

TEST(H1Writer, OnlyMessagesWithABodyGetAFramingField) {
  EXPECT_EQ(write(StatusLine{204, "x"}, {{}, {}, {BodyKind::none, 5}, {}}), "HTTP/1.1 204 x\r\n\r\n");
  EXPECT_EQ(write(StatusLine{200, "x"}, {{}, {}, {BodyKind::length, 0}, {}}),
            "HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n");
}

TEST(H1Writer, OddLinesAreWrittenInTheUsualForm) {
  const std::string head = "GET / HTTP/1.1\r\nHost:h\r\nA: b\r\nB: \t c \r\nD:\r\nE: f\r\n\r\n";
  const auto fields = parse_fields(head);
  EXPECT_EQ(write(RequestLine{"GET", "/", {}, false}, {fields, {}, {}, {}}),
            "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nB: c\r\nD: \r\nE: f\r\n\r\n");
}

TEST(H1Writer, RunsOfLinesEndWhereOneIsLeftOut) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nA: a\r\nB: b\r\nC: c\r\nD: d\r\n\r\n";
  auto fields = parse_fields(head);
  fields.erase(fields.begin() + 2);
  EXPECT_EQ(write(RequestLine{"GET", "/", {}, false}, {fields, {}, {}, {}}),
            "GET / HTTP/1.1\r\nHost: h\r\nA: a\r\nC: c\r\nD: d\r\n\r\n");
  std::swap(fields[1], fields[2]);
  EXPECT_EQ(write(RequestLine{"GET", "/", {}, false}, {fields, {}, {}, {}}),
            "GET / HTTP/1.1\r\nHost: h\r\nC: c\r\nA: a\r\nD: d\r\n\r\n");
}

TEST(H1Writer, ChunkSizesAreHexadecimal) {
  char out[kChunkSizeMax];
  const auto text = [&](std::uint64_t size) { return std::string(out, write_chunk_size(out, size)); };
  EXPECT_EQ(text(1), "1\r\n");
  EXPECT_EQ(text(0x1f00), "1f00\r\n");
  EXPECT_EQ(text(~std::uint64_t{0}), "ffffffffffffffff\r\n");
}

TEST(H1Writer, TheLastChunkCarriesTheTrailers) {
  const std::vector<Field> trailers = {{"Digest", "abc"}, {"X", ""}};
  std::vector<char> out(last_chunk_bound(trailers));
  const auto size = static_cast<std::size_t>(write_last_chunk(out.data(), trailers) - out.data());
  EXPECT_LE(size, out.size());
  EXPECT_EQ(std::string(out.data(), size), "0\r\nDigest: abc\r\nX: \r\n\r\n");
  EXPECT_EQ(std::string(out.data(), write_last_chunk(out.data(), {})), "0\r\n\r\n");
}

/// Heads of any shape: what was received comes from text, what is added does not; some of both is left out.
class RandomHeads {
 public:
  std::string text(std::size_t max) {
    return std::string(random_() % (max + 1), static_cast<char>('a' + random_() % 26));
  }
  std::string received() {
    std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
    static constexpr std::string_view kSpaces[] = {"", " ", "  ", "\t"};
    for (std::size_t i = random_() % 30; i > 0; --i) {
      head.append("n" + text(20))
          .append(":")
          .append(kSpaces[random_() % 4])
          .append(text(60))
          .append(kSpaces[random_() % 3])
          .append("\r\n");
    }
    return head + "\r\n";
  }
  bool flip() { return random_() % 2 == 0; }
  std::uint64_t number() { return random_() >> random_() % 64; }
  void leave_out_some(std::vector<Field>& fields) {
    std::erase_if(fields, [&](const Field&) { return random_() % 4 == 0; });
  }

 private:
  std::mt19937_64 random_{7};
};

TEST(H1Writer, NeverWritesMoreThanItsBoundAndAlwaysWhatItWasGiven) {
  RandomHeads random;
  for (int i = 0; i < 3'000; ++i) {
    const std::string received = random.received();
    auto passed = parse_fields(received);
    random.leave_out_some(passed);
    const std::string name = "x" + random.text(9), value = random.text(300), path = "/" + random.text(50),
                      query = random.text(50);
    const std::vector<Field> added = {{"Host", "h"}, {name, value}};
    std::erase_if(passed, [](const Field& field) { return field.id == FieldId::host; });
    const BodyKind body = random.flip() ? BodyKind::chunked : BodyKind::length;
    const std::uint64_t length = random.number() % 1'000'000'000'000'000'000;
    const std::string written =
        write(RequestLine{"PUT", path, query, true}, {passed, added, {body, length}, random.flip() ? "close" : ""});
    RequestHead head;
    std::string scratch;
    ASSERT_FALSE(parse_request_head(written, {}, head, scratch)) << written;
    EXPECT_EQ(head.path, path);
    EXPECT_EQ(head.query, query);
    EXPECT_EQ(head.body, body);
    EXPECT_EQ(head.content_length, body == BodyKind::length ? length : 0);
    ASSERT_GE(head.fields.size(), passed.size() + 3);
    for (std::size_t f = 0; f < passed.size(); ++f) {
      ASSERT_EQ(head.fields[f].name, passed[f].name);
      ASSERT_EQ(head.fields[f].value, passed[f].value);
    }
    EXPECT_EQ(head.fields[passed.size() + 1].value, value);
  }
}

TEST(H1Writer, TheLargestNumbersFitTheBound) {
  const std::uint64_t most = ~std::uint64_t{0};
  EXPECT_NE(write(StatusLine{599, {}}, {{}, {}, {BodyKind::length, most}, "keep-alive"}).find("18446744073709551615"),
            std::string::npos);
}

}  // namespace
}  // namespace penstock::http
