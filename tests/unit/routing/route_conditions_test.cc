// Methods, header fields and query parameters; 405 and its Allow.
#include "gateway/routing/conditions.h"
#include "tests/unit/routing/route_table_fixture.h"

namespace penstock::routing {
namespace {

using RouteConditions = RouteTableTest;

TEST_F(RouteConditions, AMethodThatIsNotListedIsNotAllowed) {
  add("read", "/a").methods = {"GET"};
  EXPECT_EQ(where({.path = "/a"}), "read");
  EXPECT_EQ(where({.path = "/a", .method = "POST"}), "405: GET, HEAD");
  EXPECT_EQ(where({.path = "/b", .method = "POST"}), "404");
}

TEST_F(RouteConditions, HeadIsServedByGet) {
  add("read", "/a").methods = {"GET"};
  add("write", "/b").methods = {"POST"};
  EXPECT_EQ(where({.path = "/a", .method = "HEAD"}), "read");
  EXPECT_EQ(where({.path = "/b", .method = "HEAD"}), "405: POST");
}

TEST_F(RouteConditions, UnknownMethodsAreComparedByName) {
  add("dav", "/a").methods = {"PROPFIND", "GET"};
  EXPECT_EQ(where({.path = "/a", .method = "PROPFIND"}), "dav");
  EXPECT_EQ(where({.path = "/a", .method = "REPORT"}), "405: GET, HEAD, PROPFIND");
  EXPECT_EQ(where({.path = "/a", .method = "propfind"}), "405: GET, HEAD, PROPFIND");
}

TEST_F(RouteConditions, ARouteWithoutMethodsTakesAnyMethod) {
  add("any", "/a");
  EXPECT_EQ(where({.path = "/a", .method = "REPORT"}), "any");
}

TEST_F(RouteConditions, AMethodGivesWayToALessSpecificRoute) {
  add("write", "/a/b", "example.com").methods = {"POST"};
  add("rest", "/a/*");
  EXPECT_EQ(where({.path = "/a/b"}), "rest");
  EXPECT_EQ(where({.path = "/a/b", .method = "POST"}), "write");
}

TEST_F(RouteConditions, AllowListsWhatAnyFittingRouteTakesSortedAndOnce) {
  add("one", "/a/b", "example.com").methods = {"PUT", "GET"};
  add("two", "/a/{x}", "*.com").methods = {"PUT", "DELETE"};
  add("other path", "/b").methods = {"PATCH"};
  add("other host", "/a/b", "example.org").methods = {"TRACE"};
  EXPECT_EQ(where({.path = "/a/b", .method = "POST"}), "405: DELETE, GET, HEAD, PUT");
}

TEST_F(RouteConditions, AllowKnowsOnlyRoutesWhoseOtherConditionsHold) {
  conf::Match& gray = add("gray", "/a");
  gray.methods = {"GET"};
  gray.headers = {{"x-env", "gray"}};
  EXPECT_EQ(where({.path = "/a", .method = "POST"}), "404");
  EXPECT_EQ(where({.path = "/a", .method = "POST", .headers = {{"X-Env", "gray"}}}), "405: GET, HEAD");
}

TEST_F(RouteConditions, AFieldMustHaveExactlyTheValue) {
  add("gray", "/a").headers = {{"x-env", "gray"}};
  EXPECT_EQ(where({.path = "/a", .headers = {{"X-ENV", "gray"}}}), "gray");
  for (const char* other : {"Gray", "gray2", "gra", "", "*"}) {
    EXPECT_EQ(where({.path = "/a", .headers = {{"X-Env", other}}}), "404") << other;
  }
}

TEST_F(RouteConditions, OneOfSeveralFieldsIsEnough) {
  add("gray", "/a").headers = {{"x-env", "gray"}};
  EXPECT_EQ(where({.path = "/a", .headers = {{"X-Env", "blue"}, {"X-Env", "gray"}}}), "gray");
}

TEST_F(RouteConditions, AStarAsksOnlyThatTheFieldIsThere) {
  add("debug", "/a").headers = {{"x-debug", "*"}};
  EXPECT_EQ(where({.path = "/a", .headers = {{"X-Debug", ""}}}), "debug");
  EXPECT_EQ(where({.path = "/a", .headers = {{"X-Debugger", "1"}}}), "404");
}

TEST_F(RouteConditions, AllConditionsMustHold) {
  conf::Match& match = add("all", "/a");
  match.headers = {{"x-a", "1"}, {"x-b", "2"}};
  match.query = {{"v", "3"}};
  EXPECT_EQ(where({.path = "/a", .query = "v=3", .headers = {{"X-A", "1"}, {"X-B", "2"}}}), "all");
  EXPECT_EQ(where({.path = "/a", .query = "v=3", .headers = {{"X-A", "1"}}}), "404");
  EXPECT_EQ(where({.path = "/a", .query = "v=4", .headers = {{"X-A", "1"}, {"X-B", "2"}}}), "404");
}

TEST_F(RouteConditions, ConditionsGiveWayThroughParametersPrefixesAndHosts) {
  add("literal", "/a/b", "example.com").headers = {{"x-v", "1"}};
  add("parameter", "/a/{x}", "example.com").headers = {{"x-v", "2"}};
  add("prefix", "/a/*", "example.com").headers = {{"x-v", "3"}};
  add("wildcard", "/a/b", "*.com").headers = {{"x-v", "4"}};
  add("any", "/{x}/b");
  const std::vector<std::string> by_version = {"any", "literal", "parameter", "prefix", "wildcard"};
  for (std::size_t version = 0; version < by_version.size(); ++version) {
    const std::string value = std::to_string(version);
    expect_in_any_order({.path = "/a/b", .headers = {{"X-V", value}}}, by_version[version]);
  }
}

TEST(QueryHas, FindsAParameterAnywhere) {
  for (const char* query : {"a=1", "b=2&a=1", "a=1&b=2", "a=0&a=1", "&&a=1&"}) {
    EXPECT_TRUE(query_has(query, "a", "1")) << query;
  }
  for (const char* query : {"", "a", "a=", "a=11", "aa=1", "b=a=1", "A=1", "a=1=", "b&1", "a%3D1"}) {
    EXPECT_FALSE(query_has(query, "a", "1")) << query;
  }
}

TEST(QueryHas, ComparesDecoded) {
  EXPECT_TRUE(query_has("%61%62=x+y%20z", "ab", "x y z"));
  EXPECT_TRUE(query_has("a=1%262", "a", "1&2"));
  EXPECT_TRUE(query_has("a=1%2B2", "a", "1+2"));
  EXPECT_TRUE(query_has("a+b=1=2", "a b", "1=2"));
  EXPECT_FALSE(query_has("a=1%2B2", "a", "1 2"));
}

TEST(QueryHas, TakesBadEncodingAsItIs) {
  EXPECT_TRUE(query_has("a=%", "a", "%"));
  EXPECT_TRUE(query_has("a=%4", "a", "%4"));
  EXPECT_TRUE(query_has("a=%zz", "a", "%zz"));
}

TEST(QueryHas, AStarIsAnyValue) {
  for (const char* query : {"a", "a=", "a=1", "b&a"}) EXPECT_TRUE(query_has(query, "a", "*")) << query;
  EXPECT_FALSE(query_has("b=a", "a", "*"));
}

TEST(QueryHas, AParameterWithoutAValueHasTheEmptyOne) {
  EXPECT_TRUE(query_has("a", "a", ""));
  EXPECT_TRUE(query_has("a=&b", "a", ""));
  EXPECT_FALSE(query_has("a=1", "a", ""));
}

}  // namespace
}  // namespace penstock::routing
