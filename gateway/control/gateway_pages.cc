#include "gateway/control/gateway_pages.h"

#include <unistd.h>

#include "conf/file/load.h"
#include "gateway/base/json_writer.h"
#include "gateway/base/timestamp.h"
#include "gateway/observe/metrics.h"
#include "gateway/process/version.h"
#include "gateway/report/limit_report.h"
#include "gateway/report/registry_report.h"
#include "gateway/report/route_report.h"
#include "gateway/report/upstream_report.h"

namespace penstock {
namespace {

void add_metrics_of(const Deployment& deployment, observe::MetricsInput& input) {
  for (const auto& book : deployment.books()) input.route_books.push_back(book.get());
  for (const conf::Route& route : deployment.config().routes) input.route_ids.push_back(route.id);
  for (const auto& upstream : deployment.upstreams()) {
    input.upstream_names.push_back(upstream->config().name);
    input.upstream_stats.push_back(upstream->stats());
    input.upstream_health.push_back(health_metrics_of(upstream->supervisor()));
  }
  input.limits = limit_metrics_of(deployment.limits());
  add_metrics_of_registries(deployment, io::Loop::clock(), input);
}

}  // namespace

std::string GatewayPages::metrics_text() const {
  observe::MetricsInput input;
  for (const auto& worker : parts_.plane.workers()) input.workers.push_back(&worker->stats());
  input.control_loop_lag = &parts_.loop_lag;
  if (parts_.plane.current()) add_metrics_of(*parts_.plane.current(), input);
  input.tls = parts_.plane.certificates().metrics();
  input.version = kVersion;
  input.revision = kRevision;
  input.start_time_unix_s = parts_.started_unix_s;
  input.reloads = parts_.reloads.metrics();
  input.draining = drains(parts_.phase);
  input.upgrade_under_way = parts_.handover.under_way();
  input.upgrades = parts_.handover.metrics();
  input.admin_refused = parts_.admin.refused();
  input.access_log_lost = parts_.access_log ? parts_.access_log->lost() : 0;
  return observe::render_metrics(input);
}

std::vector<admin::UpstreamView> GatewayPages::upstreams() const {
  std::vector<admin::UpstreamView> views;
  if (!parts_.plane.current()) return views;
  for (const auto& upstream : parts_.plane.current()->upstreams()) views.push_back(view_of(upstream->supervisor()));
  return views;
}

std::vector<admin::RouteView> GatewayPages::routes() const {
  const Deployment* const current = parts_.plane.current();
  return current ? route_views(*current->blueprint()) : std::vector<admin::RouteView>();
}

std::vector<admin::LimitView> GatewayPages::limits() const {
  const Deployment* const current = parts_.plane.current();
  return current ? limit_views(current->limits()) : std::vector<admin::LimitView>();
}

std::vector<admin::RegistryView> GatewayPages::registries() const {
  const Deployment* const current = parts_.plane.current();
  return current ? registry_views(*current, io::Loop::clock()) : std::vector<admin::RegistryView>();
}

std::vector<admin::DiscoveryView> GatewayPages::discoveries() const {
  const Deployment* const current = parts_.plane.current();
  return current ? discovery_views(*current, io::Loop::clock()) : std::vector<admin::DiscoveryView>();
}

std::string GatewayPages::config_text() const {
  const Deployment* const current = parts_.plane.current();
  return conf::to_yaml(current ? current->config() : parts_.first);
}

std::string GatewayPages::process_text() const {
  const bool upgrading = parts_.phase == Phase::serving && parts_.handover.under_way();
  std::string started;
  append_rfc3339(started, static_cast<std::uint64_t>(parts_.started_unix_s * 1000));
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.key("pid").number(static_cast<std::uint64_t>(::getpid()));
  json.key("version").string(kVersion);
  json.key("revision").string(kRevision);
  json.key("started").string(started);
  json.key("state").string(upgrading ? "upgrading" : name(parts_.phase));
  json.key("upgrades_succeeded").number(parts_.handover.metrics().succeeded);
  json.key("upgrades_failed").number(parts_.handover.metrics().failed);
  json.key("last_upgrade_error").string(parts_.handover.last_error());
  json.end_object();
  return text + "\n";
}

}  // namespace penstock
