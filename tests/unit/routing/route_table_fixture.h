// Verbs for tests of the route table: routes are named, and a request goes to a name, to "404" or to "405: allowed".
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/routing/route_table.h"

namespace penstock::routing {

struct Request {
  std::string_view path = "/";
  std::string_view host = "example.com";
  std::string_view method = "GET";
  std::string_view query = {};
  std::vector<std::pair<std::string_view, std::string_view>> headers = {};
};

inline http::RequestHead head_of(const Request& request) {
  http::RequestHead head;
  head.method = http::parse_method(request.method);
  head.method_text = request.method;
  head.authority = request.host;
  head.path = request.path;
  head.query = request.query;
  head.has_query = !request.query.empty();
  for (const auto& [name, value] : request.headers) {
    head.fields.push_back({.name = name, .value = value, .id = http::parse_field_id(name)});
  }
  return head;
}

class RouteTableTest : public ::testing::Test {
 protected:
  /// The match may be completed with conditions, until the next route is added.
  conf::Match& add(std::string id, std::string path = "", std::string host = "") {
    conf::Route& route = config_.routes.emplace_back();
    route.id = std::move(id);
    route.match.path = std::move(path);
    route.match.host = std::move(host);
    return route.match;
  }

  /// For tests that only ask which pattern wins: each is its own name.
  void add_paths(const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) add(pattern, pattern);
  }

  std::string where(const Request& request) const { return where(config_, request); }
  std::string path(std::string_view path) const { return where({.path = path}); }
  std::string host(std::string_view host) const { return where({.host = host}); }

  /// Tries every order of the routes.
  void expect_in_any_order(const Request& request, const std::string& id) const {
    std::vector<std::size_t> order(config_.routes.size());
    std::iota(order.begin(), order.end(), 0);
    do {
      conf::Config shuffled;
      for (const std::size_t i : order) shuffled.routes.push_back(config_.routes[i]);
      ASSERT_EQ(where(shuffled, request), id) << request.host << request.path;
    } while (std::ranges::next_permutation(order).found);
  }

  conf::Config config_;

 private:
  static std::string where(const conf::Config& config, const Request& request) {
    const MatchResult result = RouteTable(config).match(head_of(request));
    if (result.route != kNoRoute) return config.routes[result.route].id;
    return result.allow.empty() ? "404" : "405: " + result.allow;
  }
};

}  // namespace penstock::routing
