// Field lines, RFC 9112 §5, RFC 9110 §5.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

using namespace std::string_literals;

RequestCase bad_line(const std::string& name, const std::string& line) {
  return refused(name, get_with(line + "\r\nX-Last: 1\r\n"));
}

TEST_F(Hostile, NothingStandsBetweenAFieldNameAndItsColon) {
  Gateway gateway(backend);
  expect_all(gateway,
             {bad_line("space (CVE-2021-22959)", "X-A : 1"), bad_line("tab", "X-A\t: 1"),
              bad_line("two spaces", "X-A  : 1"), bad_line("vertical tab", "X-A\x0b: 1"), bad_line("NUL", "X-A\0: 1"s),
              bad_line("CR", "X-A\r: 1"), bad_line("Content-Length (CVE-2024-27982)", "Content-Length : 5"),
              bad_line("indented Content-Length (CVE-2024-27982)", " Content-Length: 5"),
              bad_line("Transfer-Encoding", "Transfer-Encoding : chunked")});
}

TEST_F(Hostile, AFieldHasAName) {
  Gateway gateway(backend);
  expect_all(gateway,
             {bad_line("an empty one (CVE-2023-25725)", ": x"), bad_line("a colon alone", ":"),
              bad_line("two colons", ":: x"), bad_line("a space and a colon", " : x"), bad_line("no colon", "X-A"),
              bad_line("no colon, with words", "X-A 1"), bad_line("a request line", "GET /x HTTP/1.1"),
              bad_line("the empty name first hides what follows (CVE-2023-25725)", ":\r\nContent-Length: 5")});
}

TEST_F(Hostile, FieldNamesAreTokens) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const char c : "\"(),/;<=>?@[\\]{} \x80\xff\x01\x1b\x7f\t\x0b\x0c\0"s) {
    cases.push_back(bad_line("inside", "X"s + c + "A: 1"));
    cases.push_back(bad_line("in front", c + "XA: 1"s));
  }
  cases.push_back(passed("all that a token may have", get_with("X!#$%&'*+-.^_`|~9: 1\r\n")));
  expect_all(gateway, cases);
}

// RFC 9112 §5.2: refused, rather than read in one of two ways.
TEST_F(Hostile, FoldedLinesAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway, {bad_line("by a space", "X-A: 1\r\n 2"), bad_line("by a tab", "X-A: 1\r\n\t2"),
                       bad_line("to nothing", "X-A: 1\r\n "), bad_line("an empty value", "X-A:\r\n 1"),
                       bad_line("Transfer-Encoding (CVE-2022-32215)", "Transfer-Encoding:\r\n chunked"),
                       bad_line("Content-Length", "Content-Length:\r\n 5"),
                       refused("the first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
                       refused("white space after the request line", "GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n"),
                       refused("white space as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n"),
                       refused("a tab as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\t\r\n\r\n")});
}

TEST_F(Hostile, ControlCharactersInValuesAreRefused) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\t' || c == '\n') continue;
    cases.push_back(bad_line("inside", "X-A: a"s + static_cast<char>(c) + "b"));
  }
  cases.push_back(bad_line("DEL", "X-A: a\x7f"));
  cases.push_back(bad_line("NUL hides a path (CVE-2019-9900)", "X-A: admin\0.png"s));
  cases.push_back(bad_line("NUL in front", "X-A: \0"s));
  cases.push_back(bad_line("a bare CR as a line end (CVE-2023-30589)", "X-A: 1\rContent-Length: 5"));
  cases.push_back(bad_line("a bare LF as a line end", "X-A: 1\nContent-Length: 5"));
  cases.push_back(bad_line("LF in a name", "X\n-A: 1"));
  expect_all(gateway, cases);
}

TEST_F(Hostile, OddButValidFieldsPass) {
  Gateway gateway(backend);
  expect_all(gateway,
             {passed("bytes from 0x80", get_with("X-A: caf\xc3\xa9 \xff\r\n")),
              passed("an empty value", get_with("X-A: \r\n")),
              passed("no white space", get_with("X-A:1\r\n"), get_with("X-A: 1\r\n")),
              passed("white space around", get_with("X-A: \t 1 \t \r\n"), get_with("X-A: 1\r\n")),
              passed("white space inside", get_with("X-A: 1 \t 2\r\n")),
              passed("repeated, in order", get_with("X-A: 1\r\nX-B: 2\r\nx-a: 3\r\n")),
              passed("colons in the value", get_with("X-A: :1:2\r\n")),
              passed("a long one", get_with("X-A: " + std::string(8000, 'x') + "\r\n")),
              passed("a long name (CVE-2021-40346)", get_with("Content-Length0" + std::string(256, 'a') + ": 5\r\n")),
              passed("a range (CVE-2017-7529)", get_with("Range: bytes=-9223372036854775807,-1\r\n")),
              passed("a cookie with odd bytes", get_with("Cookie: a=\"b;c\", d\xe4\r\n"))});
}

}  // namespace
}  // namespace penstock::e2e
