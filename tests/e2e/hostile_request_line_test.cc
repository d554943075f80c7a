// Request lines, RFC 9112 §2.2, §2.3 and §3, and what is no HTTP at all.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

using namespace std::string_literals;

std::vector<RequestCase> bad_lines(const std::vector<std::string>& lines, const std::vector<int>& statuses) {
  std::vector<RequestCase> cases;
  for (const std::string& line : lines) cases.push_back(refused("request line", head(line), statuses));
  return cases;
}

TEST_F(Hostile, OnlySingleSpacesPartTheRequestLine) {
  Gateway gateway(backend);
  expect_all(gateway,
             bad_lines({"GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ",
                        "GET / HTTP/1.1\t", "GET /\x0bHTTP/1.1", "GET\x0b/ HTTP/1.1", "GET\x0c/ HTTP/1.1",
                        "GET\xa0/ HTTP/1.1", "GET / HTTP/1.1 HTTP/1.1", "GET / x HTTP/1.1", "GET /\r HTTP/1.1",
                        "GET\r/ HTTP/1.1", "GET / HTTP/1.1\r", "GET /\0 HTTP/1.1"s, "GET/ HTTP/1.1", "GET /HTTP/1.1"},
                       {400}));
}

TEST_F(Hostile, LinesThatLackAPartAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway, bad_lines({"GET", "GET ", "GET /", "GET / ", "/ HTTP/1.1", " / HTTP/1.1", "GET  HTTP/1.1",
                                 "HTTP/1.1", " ", "HTTP/1.1 200 OK", "Host: b", ":"},
                                {400, 501}));
}

TEST_F(Hostile, OtherVersionsAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway, bad_lines({"GET / HTTP/0.9", "GET / HTTP/1.2", "GET / HTTP/1.9", "GET / HTTP/2.0", "GET / HTTP/2",
                                 "GET / HTTP/3.0", "GET / HTTP/0.0", "PRI * HTTP/2.0"},
                                {400, 505}));
}

TEST_F(Hostile, VersionsThatAreNoneAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway,
             bad_lines({"GET / HTTP/11.1",  "GET / HTTP/1.10",     "GET / HTTP/1.1.1",      "GET / HTTP/1",
                        "GET / HTTP/1.",    "GET / HTTP/.1",       "GET / HTTP/",           "GET / http/1.1",
                        "GET / Http/1.1",   "GET / HTTP /1.1",     "GET / HTTP/ 1.1",       "GET / HTTP/1 .1",
                        "GET / HTTP/1.1x",  "GET / HTTP/x.y",      "GET / HTTP/-1.1",       "GET / HTTP/+1.1",
                        "GET / HTTP/1,1",   "GET / HTTP\\1.1",     "GET / HTTP:1.1",        "GET / HTTP-1.1",
                        "GET / HTTPS/1.1",  "GET / HTP/1.1",       "GET / HTTP/1.\xd9\xa1", "GET / HTTP/1.1\0"s,
                        "SOURCE / ICE/1.0", "DESCRIBE / RTSP/1.0", "GET / RTSP/1.0",        "GET / XHTTP/1.1"},
                       {400, 501, 505}));
}

TEST_F(Hostile, MethodsThatAreNoTokensAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway, bad_lines({"GE/T / HTTP/1.1", "GET: / HTTP/1.1", "(GET) / HTTP/1.1", "GET, / HTTP/1.1",
                                 "\"GET\" / HTTP/1.1", "G\x80T / HTTP/1.1", "G\0T / HTTP/1.1"s, "\0GET / HTTP/1.1"s,
                                 "\x01GET / HTTP/1.1", "GET\x7f / HTTP/1.1", "\xef\xbb\xbfGET / HTTP/1.1",
                                 "@ / HTTP/1.1", "{GET} / HTTP/1.1"},
                                {400, 501}));
}

TEST_F(Hostile, UnknownMethodsAreNotImplemented) {
  Gateway gateway(backend);
  expect_all(gateway,
             bad_lines({"FOO / HTTP/1.1", "get / HTTP/1.1", "Get / HTTP/1.1", "GETT / HTTP/1.1", "GE / HTTP/1.1",
                        "POSTGET / HTTP/1.1", "HEADX / HTTP/1.1", std::string(200, 'M') + " / HTTP/1.1"},
                       {501}));
}

TEST_F(Hostile, LessCommonMethodsPass) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const char* method : {"HEAD", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "M-SEARCH", "REPORT", "PURGE"}) {
    cases.push_back(passed(method, head(std::string(method) + " / HTTP/1.1")));
  }
  expect_all(gateway, cases);
}

// RFC 9112 §2.2: one empty line before a request is passed over. §2.2 also lets a reader take a bare LF for the end of
// a line; readers that do and readers that don't are what smuggling is made of.
TEST_F(Hostile, WhatComesBeforeTheRequestLineIsNothingOrRefused) {
  Gateway gateway(backend);
  const std::string good = get_with("");
  expect_all(gateway,
             {passed("one empty line", "\r\n" + good, good), refused("two empty lines", "\r\n\r\n" + good),
              refused("a bare LF", "\n" + good), refused("a bare CR", "\r" + good), refused("two CRs", "\r\r\n" + good),
              refused("a space", " " + good), refused("a tab", "\t" + good),
              refused("a space and an empty line", " \r\n" + good), refused("a NUL", "\0"s + good),
              refused("a line that is no request", "x\r\n" + good, {400, 501}),
              refused("a PROXY line that nobody agreed on", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + good, {400, 501})});
}

TEST_F(Hostile, LinesEndInCrlf) {
  Gateway gateway(backend);
  expect_all(
      gateway,
      {refused("LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
       refused("LF everywhere", "GET / HTTP/1.1\nHost: a\n\n"),
       refused("LF after a field", "GET / HTTP/1.1\r\nHost: a\n\r\n"),
       refused("LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
       refused("CR CR LF after the request line", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"),
       refused("CR CR LF after a field", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
       refused("CR alone after the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n"),
       refused("LF CR", "GET / HTTP/1.1\n\rHost: a\n\r\n\r"),
       refused("CR alone as the empty line, llhttp 8 (CVE-2023-30589)", "GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n"),
       refused("CR LF CR X (CVE-2025-23167)", "GET / HTTP/1.1\r\nHost: a\r\n\rGET /x HTTP/1.1\r\nHost: a\r\n\r\n")});
}

TEST_F(Hostile, OtherProtocolsAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway, {refused("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(32, 'r')),
                       refused("SSH", "SSH-2.0-OpenSSH_9.2\r\n", {400, 501}),
                       refused("HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
                       refused("HTTP/0.9", "GET /\r\n"), refused("SMTP", "EHLO me\r\n", {400, 501}),
                       refused("Redis", "*1\r\n$4\r\nPING\r\n", {400, 501}),
                       refused("a PROXY protocol header, version 2", "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"s)});
}

}  // namespace
}  // namespace penstock::e2e
