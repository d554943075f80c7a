#include "gateway/routing/route_table.h"

#include <algorithm>
#include <set>
#include <vector>

#include "gateway/routing/canonical.h"
#include "gateway/routing/conditions.h"
#include "gateway/routing/host_index.h"
#include "gateway/routing/path_index.h"

namespace penstock::routing {
namespace {

/// A route at its place; several may share one, and differ in their conditions.
struct Candidate {
  Conditions conditions;
  std::uint32_t route;
  std::uint32_t place;
};

void add_methods(std::set<std::string_view>& to, const conf::Match& match) {
  for (const std::string& method : match.methods) {
    to.insert(method);
    if (method == "GET") to.insert("HEAD");
  }
}

std::string join(const std::set<std::string_view>& names) {
  std::string list;
  for (const std::string_view name : names) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

}  // namespace

struct RouteTable::Impl {
  explicit Impl(const conf::Config& config);
  void sort_candidates();

  /// Calls visit(candidate) for all routes whose host and path match, the most specific first, until it returns true.
  template <class Visit>
  void for_each_candidate(const http::RequestHead& head, Visit visit) const;
  std::string allowed_methods(const http::RequestHead& head) const;

  HostIndex hosts;                      ///< host → root in paths
  PathIndex paths;                      ///< path → place
  std::vector<Candidate> candidates;    ///< by place, the most specific first
  std::vector<std::uint32_t> first_at;  ///< place → its first candidate; one more at the end
};

RouteTable::Impl::Impl(const conf::Config& config) {
  candidates.reserve(config.routes.size());
  std::uint32_t spare_tree = paths.add_tree();
  for (std::uint32_t i = 0; i < config.routes.size(); ++i) {
    const conf::Match& match = config.routes[i].match;
    const std::uint32_t root = hosts.find_or_add(match.host, spare_tree);
    if (root == spare_tree) spare_tree = paths.add_tree();
    candidates.push_back({Conditions(match), i, paths.add(root, match.path)});
  }
  sort_candidates();
}

void RouteTable::Impl::sort_candidates() {
  std::ranges::stable_sort(candidates, [](const Candidate& a, const Candidate& b) {
    return a.place != b.place ? a.place < b.place : a.conditions.count() > b.conditions.count();
  });
  first_at.assign(paths.places() + 1, 0);
  for (const Candidate& candidate : candidates) ++first_at[candidate.place + 1];
  for (std::size_t place = 1; place < first_at.size(); ++place) first_at[place] += first_at[place - 1];
}

template <class Visit>
void RouteTable::Impl::for_each_candidate(const http::RequestHead& head, Visit visit) const {
  const CanonicalPath path(head.path);
  const bool has_path = path.view().starts_with('/');  // not so in OPTIONS *
  HostIndex::Walk host_walk(hosts, head.authority);
  for (std::uint32_t root = host_walk.next(); root != kNone; root = host_walk.next()) {
    PathIndex::Walk path_walk(paths, root, path.view());
    for (std::uint32_t place = path_walk.next(); place != kNone; place = path_walk.next()) {
      for (std::uint32_t i = first_at[place]; i < first_at[place + 1]; ++i) {
        if (!has_path && !candidates[i].conditions.match().path.empty()) continue;
        if (visit(candidates[i])) return;
      }
    }
  }
}

std::string RouteTable::Impl::allowed_methods(const http::RequestHead& head) const {
  std::set<std::string_view> methods;
  for_each_candidate(head, [&](const Candidate& candidate) {
    if (candidate.conditions.hold(head)) add_methods(methods, candidate.conditions.match());
    return false;
  });
  return join(methods);
}

RouteTable::RouteTable(const conf::Config& config) : impl_(std::make_unique<Impl>(config)) {}

RouteTable::~RouteTable() = default;

MatchResult RouteTable::match(const http::RequestHead& head) const {
  MatchResult result;
  bool wrong_method = false;
  impl_->for_each_candidate(head, [&](const Candidate& candidate) {
    const bool allowed = candidate.conditions.allow_method(head);
    wrong_method |= !allowed;
    if (!allowed || !candidate.conditions.hold(head)) return false;
    result.route = candidate.route;
    return true;
  });
  if (result.route == kNoRoute && wrong_method) result.allow = impl_->allowed_methods(head);
  return result;
}

}  // namespace penstock::routing
