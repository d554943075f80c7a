// resolve() and to_draft(): between the file as written and the configuration as used.
#include <algorithm>
#include <map>

#include "conf/file/cores.h"
#include "conf/file/resolve.h"
#include "conf/file/route_identity.h"
#include "conf/suggest.h"
#include "conf/values.h"

namespace penstock::conf {
namespace {

using UpstreamIndex = std::map<std::string, std::uint32_t, std::less<>>;

/// Takes all that is used just as it is written: a T is a base of its draft.
template <class T>
T as_written(T& draft) {
  return std::move(draft);
}

Upstream resolve_upstream(DraftUpstream& draft) {
  Upstream upstream = as_written<Upstream>(draft);
  if (draft.discover) upstream.discover = std::move(draft.discover->value);
  return upstream;
}

UpstreamIndex index_upstreams(const std::vector<Upstream>& upstreams) {
  UpstreamIndex index;
  for (const Upstream& upstream : upstreams) index.emplace(upstream.name, static_cast<std::uint32_t>(index.size()));
  return index;
}

std::vector<std::string> names_of(const UpstreamIndex& index) {
  constexpr std::size_t kMostSuggested = 1'000;
  std::vector<std::string> names;
  for (const auto& [name, position] : index) {
    if (names.size() < kMostSuggested) names.push_back(name);
  }
  return names;
}

std::optional<std::uint32_t> find_upstream(const Placed<std::string>& name, const UpstreamIndex& index,
                                           Problems& problems) {
  if (!name.sound) return std::nullopt;
  const auto found = index.find(name.value);
  if (found != index.end()) return found->second;
  const bool worth_a_guess = problems.count() < Problems::kMost;
  problems.add(name.mark, "there is no upstream " + in_quotes(name.value) +
                              (worth_a_guess ? did_you_mean(name.value, names_of(index)) : ""));
  return std::nullopt;
}

/// A route may turn retries on where the upstream has them off.
std::optional<Retry> resolve_retry(const DraftRoute& draft, const std::optional<Retry>& upstreams) {
  if (!draft.retry) return upstreams;
  const std::optional<Overrides<Retry>>& by = *draft.retry;
  if (!by) return std::nullopt;
  Retry retry = by->over(upstreams.value_or(Retry{}));
  // A bound that nobody wrote gives way to what somebody did.
  if (!by->has("max_backoff")) retry.max_backoff = std::max(retry.max_backoff, retry.backoff);
  return retry;
}

/// The route label of what no route matched.
constexpr std::string_view kNoRouteId = "none";

/// An id that no other route may have; empty if the file gives none.
std::string claim_id(const Placed<DraftRoute>& draft, RouteIds& ids, Problems& problems) {
  const auto& id = draft.value.id;
  if (!id || !id->sound) return "";
  if (id->value == kNoRouteId) {
    problems.add(id->mark, "the id " + in_quotes(id->value) + " stands for requests without a route in the metrics");
  } else if (!ids.claim(id->value)) {
    problems.add(id->mark, "another route has the id " + in_quotes(id->value) + " already");
  }
  return id->value;
}

std::optional<Fallback> resolve_fallback(std::optional<DraftFallback>& draft, const std::optional<std::uint32_t>& first,
                                         const UpstreamIndex& index, Problems& problems) {
  if (!draft) return std::nullopt;
  Fallback fallback = as_written<Fallback>(*draft);
  if (!draft->upstream) return fallback;
  fallback.upstream = find_upstream(*draft->upstream, index, problems);
  if (fallback.upstream && fallback.upstream == first) {
    problems.add(draft->upstream->mark, "fallback: must be another upstream than the route's");
  }
  return fallback;
}

/// More than a bucket holds would never pass.
void check_cost(const Placed<std::uint16_t>& cost, const std::vector<Limit>& limits, Problems& problems) {
  for (const Limit& limit : limits) {
    if (limit.kind == LimitKind::token_bucket && cost.value > std::max(limit.burst, 1u))
      problems.add(cost.mark, "cost: no request would pass the limit " + in_quotes(limit.name) + ", whose burst is " +
                                  std::to_string(limit.burst));
  }
}

Route resolve_route(DraftRoute& draft, const Config& config, const UpstreamIndex& index, Problems& problems) {
  Route route = as_written<Route>(draft);
  if (draft.upstream) route.upstream = find_upstream(*draft.upstream, index, problems);
  route.fallback = resolve_fallback(draft.fallback, route.upstream, index, problems);
  route.cost = draft.cost.value;
  check_cost(draft.cost, route.limits, problems);
  for (const auto& upstream : {route.upstream, route.fallback ? route.fallback->upstream : std::nullopt})
    if (upstream) check_cost(draft.cost, config.upstreams[*upstream].limits, problems);
  static const Upstream kNone;
  const Upstream& upstream = route.upstream ? config.upstreams[*route.upstream] : kNone;
  route.timeouts = draft.timeouts ? draft.timeouts->over(upstream.timeouts) : upstream.timeouts;
  route.retry = resolve_retry(draft, upstream.retry);
  return route;
}

/// Two routes that match just the same requests: one of them would never be used.
void check_matches(const std::vector<Placed<DraftRoute>>& drafts, const std::vector<Route>& routes,
                   Problems& problems) {
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (!drafts[i].sound) continue;
    const auto [same, is_new] = first.emplace(match_identity(routes[i].match), i);
    if (is_new) continue;
    problems.add(drafts[i].mark, "this route has the same match as the route " + in_quotes(routes[same->second].id) +
                                     " on line " + std::to_string(drafts[same->second].mark.line));
  }
}

void resolve_routes(std::vector<Placed<DraftRoute>> drafts, Config& config, Problems& problems) {
  const UpstreamIndex index = index_upstreams(config.upstreams);
  RouteIds ids;
  ids.claim(std::string(kNoRouteId));
  std::vector<std::string> written;
  for (const auto& draft : drafts) written.push_back(claim_id(draft, ids, problems));
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    Route& route = config.routes.emplace_back(resolve_route(drafts[i].value, config, index, problems));
    route.id = written[i].empty() ? ids.make(route.match) : written[i];
  }
  check_matches(drafts, config.routes, problems);
}

bool is_local(const Address& address) {
  return address.is_unix() || address.host.starts_with("127.") || address.host == "::1";
}

void check_admin(const Placed<std::optional<Admin>>& admin, const std::vector<Listener>& listeners,
                 Problems& problems) {
  if (!admin.value || !admin.sound) return;
  const bool guarded = !admin.value->token.empty() || (admin.value->tls && !admin.value->tls->client_ca.empty());
  if (!guarded && !is_local(admin.value->bind)) {
    problems.add(admin.mark, "admin: " + admin.value->bind.text() +
                                 " is within reach of others: it needs a token, or tls with client_ca");
  }
  if (admin.value->bind.port == 0) return;
  for (const Listener& listener : listeners) {
    if (listener.bind == admin.value->bind)
      problems.add(admin.mark, "admin: listens where a listener does, on " + listener.bind.text());
  }
}

/// The inverse of as_written().
template <class D, class T>
D to_write(T value) {
  D draft;
  static_cast<T&>(draft) = std::move(value);
  return draft;
}

DraftUpstream to_draft(Upstream upstream) {
  DraftUpstream draft = to_write<DraftUpstream>(std::move(upstream));
  if (auto& discover = draft.Upstream::discover) draft.discover = {std::move(*discover), {}};
  return draft;
}

std::optional<Placed<std::string>> name_at(const std::optional<std::uint32_t>& upstream, const Config& config) {
  if (!upstream) return std::nullopt;
  return Placed<std::string>{config.upstreams[*upstream].name, {}};
}

std::optional<DraftFallback> to_draft(const std::optional<Fallback>& fallback, const Config& config) {
  if (!fallback) return std::nullopt;
  DraftFallback draft = to_write<DraftFallback>(*fallback);
  draft.upstream = name_at(fallback->upstream, config);
  return draft;
}

DraftRoute to_draft(Route route, const Config& config) {
  DraftRoute draft;
  draft.id = Placed<std::string>{route.id, {}};
  draft.upstream = name_at(route.upstream, config);
  draft.cost.value = route.cost;
  draft.fallback = to_draft(route.fallback, config);
  if (route.upstream) {
    draft.timeouts = Overrides(route.timeouts);
    draft.retry = route.retry ? std::optional(Overrides(*route.retry)) : std::nullopt;
  }
  static_cast<Route&>(draft) = std::move(route);
  return draft;
}

}  // namespace

Config resolve(Draft draft, Problems& problems) {
  Config config = as_written<Config>(draft);
  config.workers = draft.workers ? *draft.workers : usable_cores();
  config.admin = draft.admin.value;
  check_registries(draft, config, problems);
  for (Placed<Announce>& announce : draft.announce) config.announce.push_back(std::move(announce.value));
  for (DraftUpstream& upstream : draft.upstreams) config.upstreams.push_back(resolve_upstream(upstream));
  resolve_routes(std::move(draft.routes), config, problems);
  check_admin(draft.admin, config.listeners, problems);
  return config;
}

Draft to_draft(const Config& config) {
  Draft draft = to_write<Draft>(config);
  draft.workers = config.workers;
  draft.admin.value = config.admin;
  for (Announce& announce : draft.Config::announce) draft.announce.push_back({std::move(announce), {}});
  for (Upstream& upstream : draft.Config::upstreams) draft.upstreams.push_back(to_draft(std::move(upstream)));
  for (Route& route : draft.Config::routes) draft.routes.push_back({to_draft(std::move(route), config), {}});
  return draft;
}

}  // namespace penstock::conf
