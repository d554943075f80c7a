#include "conf/file/route_identity.h"

#include <gtest/gtest.h>

#include "conf/http_text.h"

namespace penstock::conf {
namespace {

TEST(MatchIdentity, TheOrderOfConditionsIsNoDifference) {
  const Match a{"h", "/{x}", {"GET", "PUT"}, {{"a", "1"}, {"b", "2"}}, {}};
  const Match b{"h", "/{y}", {"PUT", "GET"}, {{"b", "2"}, {"a", "1"}}, {}};
  EXPECT_EQ(match_identity(a), match_identity(b));
}

TEST(MatchIdentity, EveryPartIsADifference) {
  const Match base{"h", "/p", {"GET"}, {{"a", "1"}}, {}};
  Match host = base, path = base, methods = base, headers = base, query = base;
  host.host = "*.h";
  path.path = "/p/*";
  methods.methods = {};
  headers.headers = {{"a", "*"}};
  std::swap(query.headers, query.query);
  for (const Match& other : {host, path, methods, headers, query})
    EXPECT_NE(match_identity(base), match_identity(other));
}

TEST(RouteIds, AreReadable) {
  RouteIds ids;
  EXPECT_EQ(ids.make({"*.example.com", "/users/{id}/*", {"GET", "PUT"}, {}, {}}), "get-put-any-example.com-users-id");
  EXPECT_EQ(ids.make({"", "/", {}, {{"x-env", "Gray Blue"}}, {}}), "root-x-env-gray-blue");
  EXPECT_EQ(ids.make({}), "all");
}

TEST(RouteIds, AreNumberedWhenTaken) {
  RouteIds ids;
  EXPECT_TRUE(ids.claim("a-2"));
  EXPECT_FALSE(ids.claim("a-2"));
  EXPECT_EQ(ids.make({"a", "", {}, {}, {}}), "a");
  EXPECT_EQ(ids.make({"a", "/", {"GET"}, {}, {}}), "get-a-root");
  EXPECT_EQ(ids.make({"a", "/*/", {}, {}, {}}), "a-3");
}

TEST(RouteIds, MadeOnesAreValidNames) {
  RouteIds ids;
  for (const Match& match :
       {Match{"", "/._-", {}, {}, {}}, Match{"[::1]", "/%41", {"!"}, {{"~", "\n"}}, {{"q", std::string(500, 'x')}}}}) {
    const std::string id = ids.make(match);
    EXPECT_TRUE(read_name(id)) << id;
  }
}

}  // namespace
}  // namespace penstock::conf
