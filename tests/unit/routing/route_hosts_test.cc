// Which hosts a route matches.
#include "tests/unit/routing/route_table_fixture.h"

namespace penstock::routing {
namespace {

class RouteHosts : public RouteTableTest {
 protected:
  void add_hosts(const std::vector<std::string>& hosts) {
    for (const std::string& name : hosts) add(name, "", name);
  }
};

TEST_F(RouteHosts, AnExactHostMatchesOnlyItself) {
  add_hosts({"api.example.com"});
  EXPECT_EQ(host("api.example.com"), "api.example.com");
  for (const char* other : {"example.com", "x.api.example.com", "api.example.com.evil", "api", ""}) {
    EXPECT_EQ(host(other), "404") << other;
  }
}

TEST_F(RouteHosts, CasePortAndTrailingDotDoNotMatter) {
  add_hosts({"api.example.com"});
  for (const char* same : {"API.Example.COM", "api.example.com:8080", "api.example.com.", "Api.Example.com.:443"}) {
    EXPECT_EQ(host(same), "api.example.com") << same;
  }
}

TEST_F(RouteHosts, AWildcardStandsForOneLabelOrMore) {
  add_hosts({"*.example.com"});
  for (const char* below : {"a.example.com", "a.b.example.com", "A.EXAMPLE.com:1"}) {
    EXPECT_EQ(host(below), "*.example.com") << below;
  }
  for (const char* other : {"example.com", ".example.com", "aexample.com", "a.example.com.evil", "a.example.org"}) {
    EXPECT_EQ(host(other), "404") << other;
  }
}

TEST_F(RouteHosts, TheLongestWildcardWins) {
  add_hosts({"*.com", "*.example.com", "*.api.example.com", ""});
  expect_in_any_order({.host = "v1.api.example.com"}, "*.api.example.com");
  expect_in_any_order({.host = "api.example.com"}, "*.example.com");
  expect_in_any_order({.host = "example.com"}, "*.com");
  expect_in_any_order({.host = "com"}, "");
}

TEST_F(RouteHosts, AHostWithoutAFittingPathGivesWay) {
  add("exact", "/only", "api.example.com");
  add("wildcard", "/shared", "*.example.com");
  add("shorter", "/short", "*.com");
  add("any", "/any");
  expect_in_any_order({.path = "/only", .host = "api.example.com"}, "exact");
  expect_in_any_order({.path = "/shared", .host = "api.example.com"}, "wildcard");
  expect_in_any_order({.path = "/short", .host = "api.example.com"}, "shorter");
  expect_in_any_order({.path = "/any", .host = "api.example.com"}, "any");
}

TEST_F(RouteHosts, AddressesAreHostsToo) {
  add_hosts({"192.0.2.1", "[2001:db8::1]"});
  EXPECT_EQ(host("192.0.2.1:80"), "192.0.2.1");
  EXPECT_EQ(host("[2001:DB8::1]"), "[2001:db8::1]");
  EXPECT_EQ(host("[2001:db8::1]:8443"), "[2001:db8::1]");
  EXPECT_EQ(host("[2001:db8::2]"), "404");
}

TEST_F(RouteHosts, ARequestWithoutAHostTakesRoutesWithoutOne) {
  add("named", "", "example.com");
  add("any");
  EXPECT_EQ(host(""), "any");
  EXPECT_EQ(host(":80"), "any");
  EXPECT_EQ(host("."), "any");
}

TEST_F(RouteHosts, OverlongHostsMatchNoName) {
  add("wildcard", "", "*.example.com");
  add("any");
  EXPECT_EQ(host(std::string(240, 'a') + ".example.com"), "wildcard");
  EXPECT_EQ(host(std::string(260, 'a') + ".example.com"), "any");
}

}  // namespace
}  // namespace penstock::routing
