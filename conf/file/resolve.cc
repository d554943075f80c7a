// resolve() and to_draft(): between the file as written and the configuration as used.
#include <algorithm>
#include <map>

#include "conf/balancer_policy.h"
#include "conf/file/cores.h"
#include "conf/file/resolve.h"
#include "conf/file/route_identity.h"
#include "conf/suggest.h"
#include "conf/values.h"

namespace penstock::conf {
namespace {

using UpstreamIndex = std::map<std::string, std::uint32_t, std::less<>>;

Balancer resolve_balancer(DraftBalancer draft) {
  const Balancer initial;
  return {draft.policy,
          std::move(draft.key).value_or(initial.key),
          draft.virtual_nodes.value_or(initial.virtual_nodes),
          draft.bounded_load,
          draft.consistent.value_or(initial.consistent),
          draft.decay.value_or(initial.decay)};
}

Upstream resolve_upstream(DraftUpstream draft) {
  Upstream upstream;
  upstream.name = std::move(draft.name);
  upstream.endpoints = std::move(draft.endpoints);
  if (draft.discover) upstream.discover = std::move(draft.discover->value);
  upstream.balancer = resolve_balancer(std::move(draft.balancer));
  upstream.sticky = std::move(draft.sticky);
  upstream.slow_start = draft.slow_start;
  upstream.subset = draft.subset;
  upstream.panic_threshold = draft.panic_threshold;
  upstream.health_check = std::move(draft.health_check);
  upstream.outlier = draft.outlier;
  upstream.limits = resolve_limits(std::move(draft.limits));
  upstream.retry = std::move(draft.retry);
  upstream.circuit_breaker = draft.circuit_breaker;
  upstream.timeouts = draft.timeouts;
  upstream.pool = draft.pool;
  upstream.tls = std::move(draft.tls);
  upstream.proxy_protocol = draft.proxy_protocol;
  upstream.host = std::move(draft.host);
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

UpstreamTimeouts override_timeouts(UpstreamTimeouts timeouts, const DraftTimeouts& by) {
  timeouts.connect = by.connect.value_or(timeouts.connect);
  timeouts.first_byte = by.first_byte.value_or(timeouts.first_byte);
  timeouts.idle = by.idle.value_or(timeouts.idle);
  if (by.total) timeouts.total = by.total;
  return timeouts;
}

/// A route may turn retries on where the upstream has them off.
Retry override_retry(Retry retry, const DraftRetry& by) {
  retry.attempts = by.attempts.value_or(retry.attempts);
  if (by.on) retry.on = *by.on;
  retry.backoff = by.backoff.value_or(retry.backoff);
  // A bound that nobody wrote gives way to what somebody did.
  retry.max_backoff = by.max_backoff.value_or(std::max(retry.max_backoff, retry.backoff));
  retry.max_body = by.max_body.value_or(retry.max_body);
  if (by.per_try_timeout) retry.per_try_timeout = by.per_try_timeout;
  if (by.hedge_after) retry.hedge_after = *by.hedge_after;
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
  Fallback fallback;
  fallback.respond = std::move(draft->respond);
  fallback.on = std::move(draft->on);
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

Route resolve_route(Placed<DraftRoute>& draft, const Config& config, const UpstreamIndex& index, Problems& problems) {
  Route route;
  route.match = std::move(draft.value.match);
  route.respond = std::move(draft.value.respond);
  route.redirect = std::move(draft.value.redirect);
  route.max_body = draft.value.max_body;
  route.limits = resolve_limits(std::move(draft.value.limits));
  route.priority = draft.value.priority;
  route.rewrite = std::move(draft.value.rewrite);
  route.fields = std::move(draft.value.fields);
  if (draft.value.upstream) route.upstream = find_upstream(*draft.value.upstream, index, problems);
  route.fallback = resolve_fallback(draft.value.fallback, route.upstream, index, problems);
  route.cost = draft.value.cost.value;
  check_cost(draft.value.cost, route.limits, problems);
  for (const auto& upstream : {route.upstream, route.fallback ? route.fallback->upstream : std::nullopt})
    if (upstream) check_cost(draft.value.cost, config.upstreams[*upstream].limits, problems);
  if (route.upstream) route.timeouts = config.upstreams[*route.upstream].timeouts;
  route.timeouts = override_timeouts(route.timeouts, draft.value.timeouts.value_or(DraftTimeouts{}));
  if (route.upstream) route.retry = config.upstreams[*route.upstream].retry;
  if (const auto& by = draft.value.retry) {
    route.retry = *by ? std::optional(override_retry(route.retry.value_or(Retry{}), **by)) : std::nullopt;
  }
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
    Route& route = config.routes.emplace_back(resolve_route(drafts[i], config, index, problems));
    route.id = written[i].empty() ? ids.make(route.match) : written[i];
  }
  check_matches(drafts, config.routes, problems);
}

RateLimitHeaders resolve_fields(const std::optional<std::vector<RateLimitFields>>& draft) {
  const auto has = [&](RateLimitFields fields) {
    return draft && std::find(draft->begin(), draft->end(), fields) != draft->end();
  };
  return {has(RateLimitFields::draft), has(RateLimitFields::x_ratelimit)};
}

std::optional<std::vector<RateLimitFields>> to_draft(const RateLimitHeaders& headers) {
  std::vector<RateLimitFields> fields;
  if (headers.draft) fields.push_back(RateLimitFields::draft);
  if (headers.x_ratelimit) fields.push_back(RateLimitFields::x_ratelimit);
  return fields.empty() ? std::nullopt : std::optional(fields);
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

DraftBalancer to_draft(const Balancer& balancer) {
  const auto if_used = [&](PolicyKey key, const auto& value) {
    return uses(balancer.policy, key) ? std::optional(value) : std::nullopt;
  };
  return {balancer.policy,
          if_used(PolicyKey::key, balancer.key),
          if_used(PolicyKey::virtual_nodes, balancer.virtual_nodes),
          balancer.bounded_load,
          if_used(PolicyKey::consistent, balancer.consistent),
          if_used(PolicyKey::decay, balancer.decay)};
}

std::optional<HealthCheck> to_draft(std::optional<HealthCheck> check) {
  if (check && check->path.empty()) check->status.clear();  // there is no status without HTTP, and none may be written
  return check;
}

DraftUpstream to_draft(const Upstream& upstream) {
  DraftUpstream draft;
  draft.name = upstream.name;
  draft.endpoints = upstream.endpoints;
  if (upstream.discover) draft.discover = Placed<Discover>{*upstream.discover, {}};
  draft.balancer = to_draft(upstream.balancer);
  draft.sticky = upstream.sticky;
  draft.slow_start = upstream.slow_start;
  draft.subset = upstream.subset;
  draft.panic_threshold = upstream.panic_threshold;
  draft.health_check = to_draft(upstream.health_check);
  draft.outlier = upstream.outlier;
  draft.limits = to_draft(upstream.limits);
  draft.retry = upstream.retry;
  draft.circuit_breaker = upstream.circuit_breaker;
  draft.timeouts = upstream.timeouts;
  draft.pool = upstream.pool;
  draft.tls = upstream.tls;
  draft.proxy_protocol = upstream.proxy_protocol;
  draft.host = upstream.host;
  return draft;
}

std::optional<DraftRetry> to_draft(const std::optional<Retry>& retry) {
  if (!retry) return std::nullopt;
  return DraftRetry{retry->attempts,        retry->on,         retry->backoff, retry->max_backoff, retry->max_body,
                    retry->per_try_timeout, retry->hedge_after};
}

std::optional<DraftFallback> to_draft(const std::optional<Fallback>& fallback, const Config& config) {
  if (!fallback) return std::nullopt;
  DraftFallback draft;
  draft.respond = fallback->respond;
  if (fallback->upstream) draft.upstream = Placed<std::string>{config.upstreams[*fallback->upstream].name, {}};
  draft.on = fallback->on;
  return draft;
}

DraftRoute to_draft(const Route& route, const Config& config) {
  DraftRoute draft;
  draft.id = Placed<std::string>{route.id, {}};
  draft.match = route.match;
  draft.respond = route.respond;
  draft.redirect = route.redirect;
  draft.max_body = route.max_body;
  draft.limits = to_draft(route.limits);
  draft.priority = route.priority;
  draft.rewrite = route.rewrite;
  draft.fields = route.fields;
  draft.cost.value = route.cost;
  draft.fallback = to_draft(route.fallback, config);
  if (route.upstream) {
    draft.upstream = Placed<std::string>{config.upstreams[*route.upstream].name, {}};
    const UpstreamTimeouts& t = route.timeouts;
    draft.timeouts = DraftTimeouts{t.connect, t.first_byte, t.idle, t.total};
    draft.retry = to_draft(route.retry);
  }
  return draft;
}

}  // namespace

Config resolve(Draft draft, Problems& problems) {
  Config config;
  config.workers = draft.workers ? *draft.workers : usable_cores();
  config.listeners = std::move(draft.listeners);
  config.trusted_proxies = std::move(draft.trusted_proxies);
  config.forwarded_headers = draft.forwarded_headers;
  config.admin = draft.admin.value;
  config.access_log = std::move(draft.access_log);
  config.log_level = draft.log.level;
  config.drain_grace = draft.drain_grace;
  config.drain_timeout = draft.drain_timeout;
  config.old_config_timeout = draft.old_config_timeout;
  config.user = std::move(draft.user);
  config.rate_limit_headers = resolve_fields(draft.rate_limit_headers);
  config.priority_header = std::move(draft.priority_header).value_or("");
  config.zone = std::move(draft.zone);
  config.state_dir = std::move(draft.state_dir);
  config.registries = std::move(draft.registries);
  check_registries(draft, config, problems);
  for (Placed<Announce>& announce : draft.announce) config.announce.push_back(std::move(announce.value));
  for (DraftUpstream& upstream : draft.upstreams) config.upstreams.push_back(resolve_upstream(std::move(upstream)));
  resolve_routes(std::move(draft.routes), config, problems);
  check_admin(draft.admin, config.listeners, problems);
  return config;
}

Draft to_draft(const Config& config) {
  Draft draft;
  draft.workers = config.workers;
  draft.listeners = config.listeners;
  draft.trusted_proxies = config.trusted_proxies;
  draft.forwarded_headers = config.forwarded_headers;
  draft.admin.value = config.admin;
  draft.access_log = config.access_log;
  draft.log.level = config.log_level;
  draft.drain_grace = config.drain_grace;
  draft.drain_timeout = config.drain_timeout;
  draft.old_config_timeout = config.old_config_timeout;
  draft.user = config.user;
  draft.rate_limit_headers = to_draft(config.rate_limit_headers);
  if (!config.priority_header.empty()) draft.priority_header = config.priority_header;
  draft.zone = config.zone;
  draft.state_dir = config.state_dir;
  draft.registries = config.registries;
  for (const Announce& announce : config.announce) draft.announce.push_back({announce, {}});
  for (const Upstream& upstream : config.upstreams) draft.upstreams.push_back(to_draft(upstream));
  for (const Route& route : config.routes) draft.routes.push_back({to_draft(route, config), {}});
  return draft;
}

}  // namespace penstock::conf
