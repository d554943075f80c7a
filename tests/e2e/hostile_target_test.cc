// Request targets, RFC 9112 §3.2: what routes have judged is what the backend gets.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

using namespace std::string_literals;

std::vector<RequestCase> bad_targets(const std::vector<std::string>& targets) {
  std::vector<RequestCase> cases;
  for (const std::string& target : targets) cases.push_back(refused("target", head("GET " + target + " HTTP/1.1")));
  return cases;
}

RequestCase arrives(const std::string& target, const std::string& as) {
  return passed(target, head("GET " + target + " HTTP/1.1"), head("GET " + as + " HTTP/1.1"));
}

// CVE-2023-45539, CVE-2021-32779: a fragment that one side cuts off and the other matches.
TEST_F(Hostile, FragmentsAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway, bad_targets({"/#", "/a#b", "/a?b#c", "#", "#/a", "/index.html#.png", "http://a/#b", "http://a#b",
                                   "http://a?b#c"}));
}

// CVE-2013-4547: a space that ends the path here and not there.
TEST_F(Hostile, CharactersThatNoTargetHasAreRefused) {
  Gateway gateway(backend);
  std::vector<std::string> targets = {"/a b",  "/a \0b"s,   "/\0"s,  "/a\0.png"s,  "/\x7f",    "/\x01",
                                      "/\x80", "/\xc3\xa9", "/\xff", "/?\xc3\xa9", "/a\\..\\b"};
  for (const char c : "\"<>\\^`{|}"s) {
    targets.push_back("/"s + c);
    targets.push_back("/?"s + c);
  }
  expect_all(gateway, bad_targets(targets));
}

TEST_F(Hostile, BadPercentEncodingsAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway, bad_targets({"/%", "/%2", "/%zz", "/%2g", "/%%41", "/%u0041", "/?%", "/?a=%4", "/%00",
                                   "/a%00.png", "/?%00", "/% 41", "/%2%65"}));
}

// CVE-2019-9901, CVE-2021-29492: the path that is judged must be the one that is served.
TEST_F(Hostile, DotSegmentsAreResolved) {
  Gateway gateway(backend);
  expect_all(gateway, {arrives("/a/../b", "/b"), arrives("/a/./b", "/a/b"), arrives("/a/%2e%2e/b", "/b"),
                       arrives("/a/.%2E/b", "/b"), arrives("/a/%2E./b", "/b"), arrives("/a/%2e/b", "/a/b"),
                       arrives("/a/..", "/"), arrives("/a/.", "/a/"), arrives("/.", "/"), arrives("/a/b/../../c", "/c"),
                       arrives("/a//../b", "/a/b"), arrives("http://a/x/../y", "/y")});
}

TEST_F(Hostile, PathsThatClimbAboveTheRootAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway, bad_targets({"/..", "/../", "/../etc/passwd", "/%2e%2e/x", "/a/../../b", "/./../b", "/.%2e/b",
                                   "http://a/../b"}));
}

// CVE-2021-29492: a backend that decodes the slash first would see a dot segment that no route has judged.
TEST_F(Hostile, DotSegmentsBesideEncodedSlashesAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway, bad_targets({"/a%2F..%2Fb", "/a/..%2fadmin", "/a%5c..%5cb", "/..%5C", "/a%2F%2E%2e%2Fb"}));
}

TEST_F(Hostile, WhatOnlyLooksLikeDotSegmentsStays) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const char* target : {"/...", "/.a", "/a..", "/..;/b", "/a..%2Fb", "/%252e%252e/b", "/a?/../b", "/a;x/..b",
                             "//a/b", "/a//b", "/a%5cb", "/%2E%2E%2E/"}) {
    cases.push_back(arrives(target, target));
  }
  expect_all(gateway, cases);
}

TEST_F(Hostile, OriginFormPassesAsItWasSent) {
  Gateway gateway(backend);
  std::vector<RequestCase> cases;
  for (const char* target : {"/", "/?", "/?a?b", "/?a=/b/..", "/a:b@c", "/~a/-_.!$&'()*+,;=", "/%41%2f", "/?[x]=1",
                             "/?http://b/", "/http://b/", "/*", "/a%20b", "/?%20", "/index.php/%3Fx"}) {
    cases.push_back(arrives(target, target));
  }
  expect_all(gateway, cases);
}

TEST_F(Hostile, TargetsOfNoKnownFormAreRefused) {
  Gateway gateway(backend);
  expect_all(gateway, bad_targets({"*",
                                   "**",
                                   "a",
                                   "a/b",
                                   "../a",
                                   "./a",
                                   "?a",
                                   ".",
                                   "a:80",
                                   "a.example:443",
                                   "http:/a",
                                   "http:a",
                                   "http//a/",
                                   "://a/",
                                   "http://",
                                   "http:///a",
                                   "http://?a",
                                   "ftp://a/",
                                   "file:///etc/passwd",
                                   "javascript:alert(1)",
                                   "ws://a/",
                                   "h2c://a/",
                                   "httpx://a/",
                                   "http://a:http://b/"}));
}

TEST_F(Hostile, AbsoluteTargetsNeedAGoodAuthority) {
  Gateway gateway(backend);
  expect_all(gateway, bad_targets({"http://u@a/", "http://u:p@a/", "http://@a/", "http://a@b@c/", "http://a:65536/",
                                   "http://a:x/", "http://a:-1/", "http://:80/", "http://[::1/", "http://[::g]/",
                                   "http://[]/", "http://a\\b/", "http://a,b/", "http://a%/", "http://a%00b/",
                                   "http://a\x80/", "http://a%23b@c/", "http://a:80:80/", "http://<a>/"}));
}

// RFC 9110 §7.4: what is meant for a secured connection must not be served on another.
TEST_F(Hostile, HttpsIsNotServedInTheClear) {
  Gateway gateway(backend);
  expect_all(gateway, bad_targets({"https://a/", "HTTPS://a/x", "https://a"}));
}

// RFC 9112 §3.2.2: the target's authority replaces whatever Host says.
TEST_F(Hostile, AbsoluteTargetsBecomeAPathAndAHost) {
  Gateway gateway(backend);
  expect_all(gateway,
             {arrives("http://a/p?q", "/p?q"), arrives("http://a", "/"), arrives("http://a?x=1", "/?x=1"),
              arrives("HTTP://a/", "/"),
              passed("another host", head("GET http://b/ HTTP/1.1"), "GET / HTTP/1.1\r\nHost: b\r\n\r\n"),
              passed("another port", head("GET http://a:81/ HTTP/1.1"), "GET / HTTP/1.1\r\nHost: a:81\r\n\r\n"),
              passed("IPv6", head("GET http://[::1]:80/ HTTP/1.1"), "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
              refused("no Host beside it", "GET http://a/ HTTP/1.1\r\n\r\n"),
              refused("two Hosts beside it", head("GET http://a/ HTTP/1.1", "Host: a\r\n")),
              refused("a bad Host beside it", "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n"),
              passed_and_closed("HTTP/1.0 without Host", "GET http://b/ HTTP/1.0\r\n\r\n",
                                "GET / HTTP/1.1\r\nHost: b\r\n\r\n")});
}

TEST_F(Hostile, TheAsteriskIsForOptions) {
  Gateway gateway(backend);
  expect_all(gateway,
             {passed("OPTIONS *", head("OPTIONS * HTTP/1.1")),
              passed("RFC 9112 §3.2.4", head("OPTIONS http://a HTTP/1.1"), head("OPTIONS * HTTP/1.1")),
              passed("with a path", head("OPTIONS http://a/ HTTP/1.1"), head("OPTIONS / HTTP/1.1")),
              refused("with a query", head("OPTIONS *?a HTTP/1.1")), refused("POST *", head("POST * HTTP/1.1"))});
}

}  // namespace
}  // namespace penstock::e2e
