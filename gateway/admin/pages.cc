#include "gateway/admin/pages.h"

#include <array>
#include <utility>

#include "gateway/base/json_writer.h"

namespace penstock::admin {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kYaml = "application/yaml";                                // RFC 9512
constexpr std::string_view kPrometheus = "text/plain; version=0.0.4; charset=utf-8";  // its text exposition format

Page page(std::string_view content_type, std::string body, int status = 200) {
  return {status, std::string(content_type), std::move(body)};
}

void write(JsonWriter& json, const EndpointView& endpoint) {
  json.begin_object();
  json.key("address").string(endpoint.address);
  json.key("weight").number(endpoint.weight);
  json.key("zone").string(endpoint.zone);
  json.key("priority").number(endpoint.priority);
  json.key("state").string(endpoint.state);
  json.key("reason").string(endpoint.reason);
  json.key("since").string(endpoint.since);
  if (!endpoint.circuit_breaker.empty()) json.key("circuit_breaker").string(endpoint.circuit_breaker);
  json.key("usable").boolean(endpoint.usable);
  json.key("share").decimal(endpoint.share);
  json.key("in_flight").number(endpoint.in_flight);
  json.key("connections_idle").number(endpoint.connections_idle);
  json.key("connections_active").number(endpoint.connections_active);
  json.key("requests_total").number(endpoint.requests_total);
  json.key("failures_total").number(endpoint.failures_total);
  json.key("latency_ms").decimal(endpoint.latency_ms);
  json.key("latency_p50_ms").decimal(endpoint.latency_p50_ms);
  json.key("latency_p99_ms").decimal(endpoint.latency_p99_ms);
  json.end_object();
}

void write(JsonWriter& json, const UpstreamView& upstream) {
  json.begin_object();
  json.key("name").string(upstream.name);
  json.key("balancer").string(upstream.balancer);
  json.key("version").number(upstream.version);
  json.key("panic").boolean(upstream.panic);
  if (!upstream.circuit_breaker.empty()) json.key("circuit_breaker").string(upstream.circuit_breaker);
  json.key("endpoints").begin_array();
  for (const EndpointView& endpoint : upstream.endpoints) write(json, endpoint);
  json.end_array();
  json.end_object();
}

void write(JsonWriter& json, const RouteView& route) {
  json.begin_object();
  json.key("id").string(route.id);
  json.key("match").string(route.match);
  json.key("target").string(route.target);
  json.key("degraded").boolean(route.degraded);
  json.end_object();
}

void write(JsonWriter& json, const LimitView& limit) {
  json.begin_object();
  json.key("where").string(limit.where);
  json.key("name").string(limit.name);
  json.key("kind").string(limit.kind);
  json.key("enforced").boolean(limit.enforced);
  json.key("passed_total").number(limit.passed_total);
  json.key("waited_total").number(limit.waited_total);
  json.key("refused_total").number(limit.refused_total);
  json.key("in_flight").number(limit.in_flight);
  json.key("limit").number(limit.limit);
  json.key("waiting").number(limit.waiting);
  json.key("p99_ms").decimal(limit.p99_ms);
  json.key("baseline_ms").decimal(limit.baseline_ms);
  json.key("busy_keys").number(limit.busy_keys);
  json.end_object();
}

void write(JsonWriter& json, const RegistryView& registry) {
  json.begin_object();
  json.key("name").string(registry.name);
  json.key("kind").string(registry.kind);
  json.key("connected").boolean(registry.connected);
  json.key("since_s").decimal(registry.since_s);
  json.key("server").string(registry.server);
  json.key("requests_total").number(registry.requests_total);
  json.key("errors_total").number(registry.errors_total);
  json.key("last_error").string(registry.last_error);
  if (!registry.last_error.empty()) json.key("last_error_age_s").decimal(registry.last_error_age_s);
  json.end_object();
}

void write(JsonWriter& json, const DiscoveryView& upstream) {
  json.begin_object();
  json.key("upstream").string(upstream.upstream);
  json.key("registry").string(upstream.registry);
  json.key("service").string(upstream.service);
  json.key("state").string(upstream.state);
  json.key("age_s").decimal(upstream.age_s);
  json.key("version").number(upstream.version);
  json.key("endpoints").number(upstream.endpoints);
  json.key("suspect_removals").number(upstream.suspect_removals);
  if (upstream.suspect_removals > 0) json.key("suspect_since_s").decimal(upstream.suspect_since_s);
  json.key("suspects_total").number(upstream.suspects_total);
  json.key("errors_total").number(upstream.errors_total);
  json.key("last_error").string(upstream.last_error);
  json.end_object();
}

/// "KEY": [ITEM, …], one item to a line: for people with curl as much as for programs.
template <typename Item>
void write_list(JsonWriter& json, std::string_view key, const std::vector<Item>& items) {
  json.key(key).begin_array();
  for (const Item& item : items) {
    std::string line = "\n";
    JsonWriter line_json(line);
    write(line_json, item);
    json.raw(line);
  }
  json.end_array();
}

template <typename Item>
Page list(std::string_view key, const std::vector<Item>& items) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_list(json, key, items);
  json.end_object();
  return page(kJson, body + "\n");
}

Page metrics(const AdminSource& source) {
  return page(kPrometheus, source.metrics_text());
}
Page livez(const AdminSource&) {
  return page(kText, "ok\n");
}
Page readyz(const AdminSource& source) {
  if (source.ready()) return page(kText, "ok\n");
  return page(kText, source.not_ready_reason() + "\n", 503);
}
Page upstreams(const AdminSource& source) {
  return list("upstreams", source.upstreams());
}
Page routes(const AdminSource& source) {
  return list("routes", source.routes());
}
Page limits(const AdminSource& source) {
  return list("limits", source.limits());
}
Page registries(const AdminSource& source) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_list(json, "registries", source.registries());
  write_list(json, "upstreams", source.discoveries());
  json.end_object();
  return page(kJson, body + "\n");
}
Page process(const AdminSource& source) {
  return page(kJson, source.process_text());
}
Page config(const AdminSource& source) {
  return page(kYaml, source.config_text());
}

struct Entry {
  std::string_view path;
  std::string_view about;
  Page (*render)(const AdminSource&);
};

constexpr std::array<Entry, 9> kPages = {{
    {"/metrics", "counters, for Prometheus", metrics},
    {"/livez", "200 while the process runs", livez},
    {"/readyz", "200 if new connections are welcome, 503 and the reason if not", readyz},
    {"/upstreams", "upstreams and their endpoints, as JSON", upstreams},
    {"/routes", "routes, as JSON", routes},
    {"/limits", "limits, and what they let through, as JSON", limits},
    {"/registries", "registries, and what they tell of upstreams, as JSON", registries},
    {"/process", "the process, its state and its upgrades, as JSON", process},
    {"/config", "the configuration in force, with its defaults", config},
}};

std::string index() {
  constexpr std::size_t kColumn = 12;
  std::string text = "Penstock\n\n";
  for (const Entry& entry : kPages) {
    text += entry.path;
    text.append(kColumn - entry.path.size(), ' ');
    text += entry.about;
    text += '\n';
  }
  return text;
}

}  // namespace

Page render(std::string_view path, const AdminSource& source) {
  if (path == "/") return page(kText, index());
  for (const Entry& entry : kPages) {
    if (entry.path == path) return entry.render(source);
  }
  return page(kText, "No such page. There are:\n\n" + index(), 404);
}

}  // namespace penstock::admin
