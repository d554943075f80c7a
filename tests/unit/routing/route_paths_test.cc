// Which paths a pattern matches, in whatever way they are written.
#include <set>

#include "gateway/routing/path_index.h"
#include "tests/unit/routing/route_table_fixture.h"

namespace penstock::routing {
namespace {

using RoutePaths = RouteTableTest;

TEST_F(RoutePaths, ExactMeansExact) {
  add_paths({"/a/b"});
  EXPECT_EQ(path("/a/b"), "/a/b");
  for (const char* other : {"/a", "/a/b/", "/a/b/c", "/a/B", "/a/bb", "/", "*"}) EXPECT_EQ(path(other), "404") << other;
}

TEST_F(RoutePaths, APrefixIsAllBelowASlash) {
  add_paths({"/a/*"});
  for (const char* below : {"/a/", "/a/b", "/a/b/c/"}) EXPECT_EQ(path(below), "/a/*") << below;
  for (const char* other : {"/a", "/ab", "/ab/c", "/b/a/"}) EXPECT_EQ(path(other), "404") << other;
}

TEST_F(RoutePaths, SlashStarIsEveryPath) {
  add_paths({"/*"});
  for (const char* any : {"/", "/a", "/a/b/", "//"}) EXPECT_EQ(path(any), "/*") << any;
}

TEST_F(RoutePaths, AParameterIsOneSegmentThatIsNotEmpty) {
  add_paths({"/users/{id}/orders"});
  EXPECT_EQ(path("/users/7/orders"), "/users/{id}/orders");
  EXPECT_EQ(path("/users/%C3%A9%2F/orders"), "/users/{id}/orders");
  for (const char* other : {"/users//orders", "/users/7/8/orders", "/users/7/orders/", "/users/7"}) {
    EXPECT_EQ(path(other), "404") << other;
  }
}

TEST_F(RoutePaths, ATrailingSlashIsNoParameter) {
  add_paths({"/a/{x}", "/b/{x}/", "/c/{x}/*"});
  EXPECT_EQ(path("/a/"), "404");
  EXPECT_EQ(path("/a/1/"), "404");
  EXPECT_EQ(path("/b/1"), "404");
  EXPECT_EQ(path("/b/1/"), "/b/{x}/");
  EXPECT_EQ(path("/c/1"), "404");
  EXPECT_EQ(path("/c/1/"), "/c/{x}/*");
}

TEST_F(RoutePaths, ParametersWithOtherNamesAreTheSamePlace) {
  add("get", "/a/{x}/b").methods = {"GET"};
  add("put", "/a/{y}/b").methods = {"PUT"};
  EXPECT_EQ(where({.path = "/a/1/b", .method = "PUT"}), "put");
}

TEST_F(RoutePaths, EncodedLettersAreLetters) {
  add_paths({"/admin/*", "/*"});
  for (const char* path_text : {"/admin/x", "/%61dmin/x", "/%61%64%6d%69%6E/%78"}) {
    EXPECT_EQ(path(path_text), "/admin/*") << path_text;
  }
}

TEST_F(RoutePaths, AnEncodedSlashSeparatesNothing) {
  add_paths({"/admin/*", "/{one}"});
  EXPECT_EQ(path("/admin%2Fx"), "/{one}");
  EXPECT_EQ(path("/admin%2fx"), "/{one}");
  EXPECT_EQ(path("/admin/a%2Fb"), "/admin/*");
}

TEST_F(RoutePaths, AnEncodedSlashCanBeAskedForInEitherCase) {
  add_paths({"/a%2fb", "/{x}/c%2Fd"});
  EXPECT_EQ(path("/a%2Fb"), "/a%2fb");
  EXPECT_EQ(path("/1/c%2fd"), "/{x}/c%2Fd");
  EXPECT_EQ(path("/a%252Fb"), "404");
}

TEST_F(RoutePaths, NothingIsDecodedTwice) {
  add_paths({"/admin"});
  EXPECT_EQ(path("/%2561dmin"), "404");
}

TEST_F(RoutePaths, RunsOfSlashesAreOne) {
  add_paths({"/admin/*", "/a/b", "/c/{x}/"});
  for (const char* path_text : {"//admin/x", "/admin//x", "///admin///", "/admin//"}) {
    EXPECT_EQ(path(path_text), "/admin/*") << path_text;
  }
  EXPECT_EQ(path("//a//b"), "/a/b");
  EXPECT_EQ(path("//c//1//"), "/c/{x}/");
}

TEST_F(RoutePaths, PatternsAreReadLikePaths) {
  add_paths({"/%61/b%20c", "/d//e/*", "/{x}//y", "/%7a/{x}", "/{x}/1%2f2"});
  EXPECT_EQ(path("/a/b%20c"), "/%61/b%20c");
  EXPECT_EQ(path("/d/e/f"), "/d//e/*");
  EXPECT_EQ(path("/1/y"), "/{x}//y");
  EXPECT_EQ(path("/z/1"), "/%7a/{x}");
  EXPECT_EQ(path("/1/1%2F2"), "/{x}/1%2f2");
}

TEST_F(RoutePaths, EncodedBracesAndStarsInAPatternAreLiteral) {
  add_paths({"/a/%7Bx%7D", "/b/%2A"});
  EXPECT_EQ(path("/a/%7bx%7d"), "/a/%7Bx%7D");
  EXPECT_EQ(path("/a/1"), "404");
  EXPECT_EQ(path("/b/*"), "/b/%2A");
  EXPECT_EQ(path("/b/1"), "404");
}

TEST_F(RoutePaths, AsteriskFormHasNoPath) {
  add("star", "/*");
  add("parameter", "/{x}");
  EXPECT_EQ(where({.path = "*", .method = "OPTIONS"}), "404");
  add("any");
  EXPECT_EQ(where({.path = "*", .method = "OPTIONS"}), "any");
}

TEST_F(RoutePaths, LongPathsAreReadToTheirEnd) {
  const std::string segment(9000, 'a');
  add("exact", "/x/" + segment);
  add("parameter", "/{y}/" + segment + "b");
  EXPECT_EQ(path("/x/" + segment), "exact");
  EXPECT_EQ(path("/%78/" + segment), "exact");
  EXPECT_EQ(path("/%78//" + segment + "b"), "parameter");
  EXPECT_EQ(path("/%78/" + segment + "c"), "404");
}

TEST_F(RoutePaths, DeepPatternsNeedNoDeepStack) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "/a";
  add("deep", deep + "/{x}");
  EXPECT_EQ(path(deep + "/b"), "deep");
  EXPECT_EQ(path(deep + "/b/c"), "404");
}

// All 2^12 mixes of "a" and {p}: the worst that patterns of this depth can be made to cost, since all of them match.
TEST_F(RoutePaths, AnAdversarialMixOfParametersIsWalkedOnce) {
  PathIndex index;
  const std::uint32_t root = index.add_tree();
  for (int mix = 0; mix < 1 << 12; ++mix) {
    std::string pattern;
    for (int bit = 0; bit < 12; ++bit) pattern += (mix >> bit & 1) != 0 ? "/a" : "/{p}";
    index.add(root, pattern + "/end/{p}");
  }
  PathIndex::Walk walk(index, root, "/a/a/a/a/a/a/a/a/a/a/a/a/end/x");
  std::set<std::uint32_t> seen;
  for (std::uint32_t place = walk.next(); place != kNone; place = walk.next()) {
    ASSERT_TRUE(seen.insert(place).second) << "a place was found twice";
  }
  EXPECT_EQ(seen.size(), 1u << 12);
  EXPECT_EQ(walk.next(), kNone);
}

}  // namespace
}  // namespace penstock::routing
