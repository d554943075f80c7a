// Request targets: what routes judge, and what backends get.
#include "gateway/http/target.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::http {
namespace {

class Target : public testing::Test {
 protected:
  RequestHead head;
  std::string scratch;

  /// Why it is refused; "" if it isn't.
  std::string parse(std::string_view target, std::string_view host = "h", Method method = Method::get) {
    head = {};
    head.method = method;
    head.target = target;
    const char* why = parse_target(head, &host, scratch);
    return why ? why : "";
  }
  std::string path(std::string_view target) {
    const std::string why = parse(target);
    return why.empty() ? std::string(head.path) : "refused: " + why;
  }
  bool refused(std::string_view target) { return !parse(target).empty(); }
};

TEST_F(Target, OriginFormIsAPathAndAQuery) {
  EXPECT_EQ(parse("/a/b?x=1&y=/?"), "");
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_EQ(head.query, "x=1&y=/?");
  EXPECT_EQ(head.authority, "h");
}

TEST_F(Target, AnEmptyQueryIsNotNoQuery) {
  parse("/x?");
  EXPECT_TRUE(head.has_query);
  EXPECT_EQ(head.query, "");
  parse("/x");
  EXPECT_FALSE(head.has_query);
}

TEST_F(Target, WithoutDotSegmentsThePathStaysAsItWasSent) {
  for (const char* raw :
       {"/", "//", "/a//b/", "/%41%2f%2F", "/a.b", "/...", "/.hidden", "/..a/b..", "/%2e%2e%2e", "/a;v=1/b,c"}) {
    EXPECT_EQ(path(raw), raw);
    EXPECT_EQ(head.path.data(), head.target.data()) << "copied for nothing: " << raw;
  }
}

TEST_F(Target, DotSegmentsAreResolved) {
  EXPECT_EQ(path("/a/b/c/./../../g"), "/a/g");  // RFC 3986 §5.2.4
  EXPECT_EQ(path("/a/."), "/a/");
  EXPECT_EQ(path("/a/.."), "/");
  EXPECT_EQ(path("/./a"), "/a");
  EXPECT_EQ(path("/a/b/.././c?../x"), "/a/c");
  EXPECT_EQ(path("/a//../b"), "/a/b");
}

TEST_F(Target, EncodedDotSegmentsAreResolvedAlike) {
  for (const char* dots : {"..", ".%2e", "%2E.", "%2e%2E"}) {
    EXPECT_EQ(path(std::string("/public/") + dots + "/admin"), "/admin") << dots;
  }
  EXPECT_EQ(path("/a/%2e/b"), "/a/b");
  EXPECT_EQ(path("/a/%2E"), "/a/");
}

TEST_F(Target, APathThatClimbsAboveItsRootIsRefused) {
  for (const char* raw : {"/..", "/../a", "/a/../../b", "/%2e%2e/a", "/./.."}) EXPECT_TRUE(refused(raw)) << raw;
}

// A backend that decodes %2F before it splits the path would climb where no route has judged (CVE-2021-29492).
TEST_F(Target, ADotSegmentBesideAnEncodedSlashIsRefused) {
  for (const char* bad :
       {"/a/..%2Fadmin", "/a%2f..", "/a%2F%2e%2E%2Fb", "/a/%5c../b", "/..%2f", "/a%2F./b", "/x/../y%2F.."})
    EXPECT_TRUE(refused(bad)) << bad;
  for (const char* good : {"/a%2Fb", "/a%2F..b", "/a..%2Fb", "/...%2F", "/%5c", "/a%20.."})
    EXPECT_FALSE(refused(good)) << good;
}

TEST_F(Target, QueriesKeepTheirDots) {
  parse("/a?x=/../y");
  EXPECT_EQ(head.query, "x=/../y");
}

TEST_F(Target, CharactersThatAUriCannotHaveAreRefused) {
  for (const char* raw :
       {"/a#b", "/?a#b", "/a\"", "/<", "/>", "/\\", "/^", "/`", "/{", "/|", "/a\x7f", "/\xc3\xa9", "/\x01", "/[a]"}) {
    EXPECT_TRUE(refused(raw)) << raw;
  }
  EXPECT_FALSE(refused("/?a[b]=1"));
  EXPECT_TRUE(refused("/?a\\b"));
}

TEST_F(Target, BadPercentEncodingIsRefused) {
  for (const char* raw : {"/%", "/%4", "/%zz", "/%4g", "/a%/b", "/?%", "/?a=%0", "/%%41"})
    EXPECT_TRUE(refused(raw)) << raw;
}

TEST_F(Target, AnEncodedNulIsRefused) {
  EXPECT_TRUE(refused("/a%00"));
  EXPECT_TRUE(refused("/?a=%00b"));
  EXPECT_FALSE(refused("/a%01"));
}

TEST_F(Target, AbsoluteFormBringsItsOwnAuthority) {
  EXPECT_EQ(parse("HTTP://api.example:81/a?b", "other"), "");
  EXPECT_EQ(head.authority, "api.example:81");
  EXPECT_EQ(head.path, "/a");
  EXPECT_EQ(head.query, "b");
}

TEST_F(Target, AbsoluteFormWithoutAPathMeansTheRoot) {
  EXPECT_EQ(path("http://h"), "/");
  EXPECT_EQ(path("http://h?q"), "/");
  EXPECT_EQ(head.query, "q");
  parse("http://h", "h", Method::options);
  EXPECT_EQ(head.path, "*");
  parse("http://h?q", "h", Method::options);
  EXPECT_EQ(head.path, "/");
}

TEST_F(Target, AbsoluteFormIsNormalisedToo) {
  EXPECT_EQ(path("http://h/a/%2e./b"), "/b");
  EXPECT_TRUE(refused("http://h/.."));
}

TEST_F(Target, AbsoluteFormOfAnotherKindIsRefused) {
  for (const char* raw : {"ftp://h/", "https://h/", "http:/h", "http:h", "://h/", "http://", "http:///a",
                          "http://user@h/", "http://u:p@h/", "http://h#a", "http://h:port/", "http://h:99999/", "h/a",
                          "a", "http://h\\a", "?", "x?u=http://h/"}) {
    EXPECT_TRUE(refused(raw)) << raw;
  }
}

TEST_F(Target, ABadHostIsRefusedEvenIfTheTargetNamesAnother) {
  EXPECT_NE(parse("http://h/", "a b"), "");
  EXPECT_NE(parse("/", "h/"), "");
}

TEST_F(Target, WithoutAHostThereIsNoAuthority) {
  head.target = "/a";
  EXPECT_EQ(parse_target(head, nullptr, scratch), nullptr);
  EXPECT_EQ(head.authority, "");
}

TEST_F(Target, AsteriskIsForOptionsOnly) {
  EXPECT_EQ(parse("*", "h", Method::options), "");
  EXPECT_EQ(head.path, "*");
  EXPECT_NE(parse("*", "h", Method::get), "");
  EXPECT_NE(parse("**", "h", Method::options), "");
}

TEST_F(Target, ConnectTakesAnAuthorityOnly) {
  EXPECT_EQ(parse("example.com:443", "h", Method::connect), "");
  EXPECT_NE(parse("/", "h", Method::connect), "");
  EXPECT_NE(parse("http://h/", "h", Method::connect), "");
}

TEST(Authority, IsAHostAndPerhapsAPort) {
  for (const char* good : {"a", "a.b", "1.2.3.4", "a:80", "a:", "a:0", "a:65535", "[::1]", "[::1]:80",
                           "[2001:DB8::1.2.3.4]", "a_b", "%41"}) {
    EXPECT_TRUE(is_authority(good)) << good;
  }
}

TEST(Authority, NothingElseIs) {
  for (const char* bad : {"",      ":",     ":80",          "a:b",    "a:80:80", "a:65536",  "a:000080", "a:-1",
                          "a:+1",  "a b",   "u@a",          "a/b",    "a?",      "a#",       "[",        "[]",
                          "[:]",   "[::1",  "::1",          "[::1]x", "[::1]80", "[1:2]",    "[:::]",    "a,b",
                          "[abc]", "[::g]", "[::1%25eth0]", "a\t",    "a\x7f",   "\xc3\xa9", "a%",       "a%00"}) {
    EXPECT_FALSE(is_authority(bad)) << bad;
  }
}

TEST(Authority, ItsHostHasNoPort) {
  EXPECT_EQ(host_of("a:80"), "a");
  EXPECT_EQ(host_of("a"), "a");
  EXPECT_EQ(host_of("[::1]:80"), "[::1]");
  EXPECT_EQ(host_of(""), "");
}

}  // namespace
}  // namespace penstock::http
