// The compiled table against a naive one that reads every route for every request.
#include <optional>
#include <random>
#include <tuple>

#include "tests/unit/routing/route_table_fixture.h"

namespace penstock::routing {
namespace {

using Segments = std::vector<std::string>;

/// "/a/b/" → "a", "b", "".
Segments split(const std::string& path) {
  Segments segments;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    segments.push_back(path.substr(at + 1, end - at - 1));
    at = end;
  }
  return segments;
}

/// 0 for an exact host, then by the length of the wildcard; nullopt if it doesn't match.
std::optional<int> host_rank(const std::string& pattern, const std::string& host) {
  if (pattern.empty()) return 1000;
  if (pattern == host) return 0;
  if (!pattern.starts_with("*.") || !host.ends_with(pattern.substr(1)) || host.size() < pattern.size()) {
    return std::nullopt;
  }
  return 999 - static_cast<int>(pattern.size());
}

/// A rank per segment: 0 literal, 1 parameter, 2 the rest.
std::optional<std::vector<int>> path_rank(const std::string& pattern, const std::string& path) {
  const Segments wanted = split(pattern.empty() ? "/*" : pattern);
  const Segments got = split(path);
  std::vector<int> rank;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= got.size()) return std::nullopt;
    const bool parameter = wanted[i].starts_with('{');
    if (wanted[i] == "*") return rank.push_back(2), rank;
    if (parameter ? got[i].empty() : wanted[i] != got[i]) return std::nullopt;
    rank.push_back(parameter ? 1 : 0);
  }
  if (got.size() != wanted.size()) return std::nullopt;
  return rank;
}

struct Question {
  std::string host, path, method, header;
};

using Rank = std::tuple<int, std::vector<int>, int, std::size_t>;

std::optional<Rank> rank_of(const conf::Match& match, std::size_t index, const Question& question) {
  const auto host = host_rank(match.host, question.host);
  const auto path = path_rank(match.path, question.path);
  if (!host || !path) return std::nullopt;
  if (!match.methods.empty() && match.methods[0] != question.method) return std::nullopt;
  if (!match.headers.empty() && match.headers[0].second != question.header) return std::nullopt;
  return Rank{*host, *path, -static_cast<int>(match.methods.size() + match.headers.size()), index};
}

std::uint32_t reference_match(const conf::Config& config, const Question& question) {
  std::optional<Rank> best;
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    const auto rank = rank_of(config.routes[i].match, i, question);
    if (rank && (!best || *rank < *best)) best = rank;
  }
  return best ? static_cast<std::uint32_t>(std::get<3>(*best)) : kNoRoute;
}

/// Few words, so that patterns and requests often nearly meet.
class RouteReference : public RouteTableTest {
 protected:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  std::string one_of(const std::vector<std::string>& words) { return words[below(words.size())]; }

  std::string some_pattern() {
    std::string pattern;
    for (std::size_t left = below(5); left > 0; --left) pattern += "/" + one_of({"a", "b", "c", "{x}", "{y}"});
    return pattern + one_of({"", "", "/", "/*"});
  }

  std::string some_path() {
    std::string path;
    for (std::size_t left = below(6); left > 0; --left) path += "/" + one_of({"a", "b", "c", "d"});
    return path.empty() ? "/" : path + one_of({"", "", "/"});
  }

  void add_some_route() {
    conf::Match& match = add("route", some_pattern(), one_of({"", "", "x.y", "*.y", "a.x.y", "*.x.y"}));
    if (below(3) == 0) match.methods = {one_of({"PUT", "POST"})};
    if (below(3) == 0) match.headers = {{"x-h", one_of({"1", "2"})}};
  }

  Question some_question() {
    return {one_of({"x.y", "a.x.y", "b.x.y", "y", "z"}), some_path(), one_of({"PUT", "POST", "PATCH"}),
            one_of({"1", "2", "3"})};
  }

  std::mt19937_64 random_{20240229};
};

TEST_F(RouteReference, AgreesOnRandomTablesAndRequests) {
  int found = 0;
  for (int round = 0; round < 60; ++round) {
    config_.routes.clear();
    for (std::size_t routes = 1 + below(60); routes > 0; --routes) add_some_route();
    const RouteTable table(config_);
    for (int i = 0; i < 100; ++i) {
      const Question q = some_question();
      const http::RequestHead head =
          head_of({.path = q.path, .host = q.host, .method = q.method, .headers = {{"X-H", q.header}}});
      const std::uint32_t expected = reference_match(config_, q);
      ASSERT_EQ(table.match(head).route, expected) << q.method << " " << q.host << q.path << " X-H: " << q.header;
      found += expected != kNoRoute;
    }
  }
  EXPECT_GT(found, 1500) << "the requests are too far from the routes to show anything";
}

TEST_F(RouteReference, FindsEachOfTenThousandRoutes) {
  for (int i = 0; i < 10'000; i += 4) {
    const std::string n = std::to_string(i);
    add("exact", "/service-" + n + "/status");
    add("prefix", "/service-" + n + "/*");
    add("parameter", "/service-" + n + "/users/{id}");
    add("host", "/*", "tenant-" + n + ".example.com");
  }
  const RouteTable table(config_);
  for (std::uint32_t i = 0; i < 10'000; i += 4) {
    const std::string base = "/service-" + std::to_string(i);
    const std::string host = "tenant-" + std::to_string(i) + ".example.com";
    ASSERT_EQ(table.match(head_of({.path = base + "/status"})).route, i);
    ASSERT_EQ(table.match(head_of({.path = base + "/other/x"})).route, i + 1);
    ASSERT_EQ(table.match(head_of({.path = base + "/users/7"})).route, i + 2);
    ASSERT_EQ(table.match(head_of({.path = base, .host = host})).route, i + 3);
    ASSERT_EQ(table.match(head_of({.path = base + "x/status"})).route, kNoRoute);
  }
}

}  // namespace
}  // namespace penstock::routing
