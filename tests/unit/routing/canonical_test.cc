#include "gateway/routing/canonical.h"

#include <gtest/gtest.h>

namespace penstock::routing {
namespace {

std::string path(std::string_view raw) {
  return std::string(CanonicalPath(raw).view());
}
std::string host(std::string_view authority) {
  return std::string(CanonicalHost(authority).view());
}

TEST(CanonicalPath, AnOrdinaryPathIsNotCopied) {
  constexpr std::string_view kRaw = "/a/b-c/d.e~f/";
  EXPECT_EQ(CanonicalPath(kRaw).view().data(), kRaw.data());
}

TEST(CanonicalPath, DecodesEverythingButSlashesAndPercentSigns) {
  EXPECT_EQ(path("/%61%7E%C3%a9"), "/a~\xC3\xA9");
  EXPECT_EQ(path("/a%2Fb%2fc"), "/a%2Fb%2Fc");
  EXPECT_EQ(path("/a%25b%252Fc"), "/a%25b%252Fc");
  EXPECT_EQ(path("/%2A%3F%23"), "/*?#");
}

TEST(CanonicalPath, PathsThatDifferStayDifferent) {
  EXPECT_NE(path("/a%2Fb"), path("/a/b"));
  EXPECT_NE(path("/a%2Fb"), path("/a%252Fb"));
  EXPECT_NE(path("/%2561"), path("/%61"));
}

TEST(CanonicalPath, MergesRunsOfSlashes) {
  EXPECT_EQ(path("//"), "/");
  EXPECT_EQ(path("///a////b//"), "/a/b/");
  EXPECT_EQ(path("/a%2F/b"), "/a%2F/b");
}

TEST(CanonicalPath, BadEncodingAtTheEndIsLeft) {
  for (const char* raw : {"/%", "/%4", "/a%zz", "/%%"}) EXPECT_EQ(path(raw), raw);
}

TEST(CanonicalPath, AsteriskFormIsLeft) {
  EXPECT_EQ(path("*"), "*");
}

TEST(CanonicalHost, IsInLowerCaseWithoutPortAndTrailingDot) {
  EXPECT_EQ(host("Example.COM"), "example.com");
  EXPECT_EQ(host("example.com:8080"), "example.com");
  EXPECT_EQ(host("example.com.:8080"), "example.com");
  EXPECT_EQ(host(""), "");
}

TEST(CanonicalHost, KeepsTheBracketsOfIPv6) {
  EXPECT_EQ(host("[::1]"), "[::1]");
  EXPECT_EQ(host("[2001:DB8::1]:443"), "[2001:db8::1]");
}

TEST(CanonicalHost, IsEmptyForWhatIsNoHost) {
  EXPECT_EQ(host("[::1"), "");
  EXPECT_EQ(host(std::string(256, 'a')), "");
  EXPECT_EQ(host(std::string(255, 'a')).size(), 255u);
}

}  // namespace
}  // namespace penstock::routing
