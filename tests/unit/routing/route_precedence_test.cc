// Which of several matching routes wins, whatever their order in the file.
#include "tests/unit/routing/route_table_fixture.h"

namespace penstock::routing {
namespace {

using RoutePrecedence = RouteTableTest;

TEST_F(RoutePrecedence, AnEmptyTableMatchesNothing) {
  EXPECT_EQ(path("/"), "404");
}

TEST_F(RoutePrecedence, ExactBeforeParameterBeforePrefixBeforeAny) {
  add_paths({"/users/me", "/users/{id}", "/users/*", "/*"});
  expect_in_any_order({.path = "/users/me"}, "/users/me");
  expect_in_any_order({.path = "/users/7"}, "/users/{id}");
  expect_in_any_order({.path = "/users/7/orders"}, "/users/*");
  expect_in_any_order({.path = "/users"}, "/*");
}

TEST_F(RoutePrecedence, TheLongestPrefixWins) {
  add_paths({"/*", "/a/*", "/a/b/*", "/a/b/c/*"});
  expect_in_any_order({.path = "/a/b/c/d"}, "/a/b/c/*");
  expect_in_any_order({.path = "/a/b/d"}, "/a/b/*");
  expect_in_any_order({.path = "/a/c"}, "/a/*");
  expect_in_any_order({.path = "/b"}, "/*");
}

TEST_F(RoutePrecedence, SegmentsAreComparedFromTheLeft) {
  add_paths({"/{a}/b/c", "/a/{b}/c", "/a/b/*"});
  expect_in_any_order({.path = "/a/b/c"}, "/a/b/*");
  expect_in_any_order({.path = "/a/x/c"}, "/a/{b}/c");
  expect_in_any_order({.path = "/x/b/c"}, "/{a}/b/c");
}

TEST_F(RoutePrecedence, ALiteralThatLeadsNowhereGivesWayToAParameter) {
  add_paths({"/a/b/c", "/{x}/b/d", "/a/{y}/e", "/a/*"});
  expect_in_any_order({.path = "/a/b/d"}, "/a/*");
  expect_in_any_order({.path = "/a/b/e"}, "/a/{y}/e");
  expect_in_any_order({.path = "/x/b/d"}, "/{x}/b/d");
}

TEST_F(RoutePrecedence, BacktracksOverSeveralLevels) {
  add_paths({"/a/b/c/d/e", "/a/b/{x}/d/f", "/{w}/b/c/d/g"});
  expect_in_any_order({.path = "/a/b/c/d/f"}, "/a/b/{x}/d/f");
  expect_in_any_order({.path = "/a/b/c/d/g"}, "/{w}/b/c/d/g");
  expect_in_any_order({.path = "/a/b/c/d/h"}, "404");
}

TEST_F(RoutePrecedence, TheHostCountsBeforeThePath) {
  add("any", "/a/b/c");
  add("wildcard", "/a/b/*", "*.example.com");
  add("exact", "/*", "api.example.com");
  expect_in_any_order({.path = "/a/b/c", .host = "api.example.com"}, "exact");
  expect_in_any_order({.path = "/a/b/c", .host = "web.example.com"}, "wildcard");
  expect_in_any_order({.path = "/a/b/c", .host = "example.com"}, "any");
}

TEST_F(RoutePrecedence, ThePathCountsBeforeConditions) {
  add("path", "/a");
  add("conditions", "/*").headers = {{"x-a", "1"}, {"x-b", "2"}};
  expect_in_any_order({.path = "/a", .headers = {{"X-A", "1"}, {"X-B", "2"}}}, "path");
}

TEST_F(RoutePrecedence, MoreConditionsBeforeFewer) {
  add("none", "/a");
  add("one", "/a").methods = {"GET", "POST"};
  add("two", "/a").headers = {{"x-a", "1"}, {"x-b", "*"}};
  conf::Match& three = add("three", "/a");
  three.methods = {"GET"};
  three.headers = {{"x-a", "1"}};
  three.query = {{"v", "1"}};
  expect_in_any_order({.path = "/a", .query = "v=1", .headers = {{"X-A", "1"}, {"X-B", "2"}}}, "three");
  expect_in_any_order({.path = "/a", .query = "v=2", .headers = {{"X-A", "1"}, {"X-B", "2"}}}, "two");
  expect_in_any_order({.path = "/a", .query = "v=2"}, "one");
  expect_in_any_order({.path = "/a", .method = "PUT"}, "none");
}

TEST_F(RoutePrecedence, NoPathIsTheSameAsASlashAndAStar) {
  add("star", "/*");
  add("header").headers = {{"x-env", "gray"}};
  expect_in_any_order({.path = "/x"}, "star");
  expect_in_any_order({.path = "/x", .headers = {{"X-Env", "gray"}}}, "header");
}

TEST_F(RoutePrecedence, TheEarlierInTheFileOnATie) {
  add("first", "/a/{x}").headers = {{"x-a", "*"}};
  add("second", "/a/{y}").headers = {{"x-b", "*"}};
  EXPECT_EQ(where({.path = "/a/1", .headers = {{"X-B", "1"}, {"X-A", "1"}}}), "first");
  std::swap(config_.routes[0], config_.routes[1]);
  EXPECT_EQ(where({.path = "/a/1", .headers = {{"X-B", "1"}, {"X-A", "1"}}}), "second");
}

}  // namespace
}  // namespace penstock::routing
