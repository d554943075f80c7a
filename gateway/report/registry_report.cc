#include "gateway/report/registry_report.h"

#include <string_view>

#include "conf/registry_kind.h"
#include "gateway/base/enum_names.h"

namespace penstock {
namespace {

std::string_view name_of(discovery::Freshness freshness) {
  static constexpr EnumNames<discovery::Freshness, 4> kNames("unknown", "from_disk", "fresh", "stale");
  return kNames[freshness];
}

/// Seconds since a moment; 0 if it has not been.
double age(Nanos then, Nanos now) {
  return then != 0 && now > then ? static_cast<double>(now - then) / 1e9 : 0;
}

template <class Visit>
void each_service(const Deployment& deployment, Visit visit) {
  for (const auto& upstream : deployment.upstreams()) {
    if (const discovery::Service* service = upstream->service()) visit(service->status());
  }
}

}  // namespace

std::vector<admin::RegistryView> registry_views(const Deployment& deployment, Nanos now) {
  std::vector<admin::RegistryView> views;
  for (const conf::Registry& registry : deployment.config().registries) {
    const discovery::RegistryStatus status = deployment.registries().at(registry.name)->status();
    admin::RegistryView& view = views.emplace_back();
    view.name = registry.name;
    view.kind = conf::kind_of(registry);
    view.connected = status.connected;
    view.since_s = age(status.since, now);
    view.server = status.server;
    view.requests_total = status.requests;
    view.errors_total = status.errors;
    view.last_error = status.last_error;
    view.last_error_age_s = age(status.last_error_at, now);
  }
  return views;
}

std::vector<admin::DiscoveryView> discovery_views(const Deployment& deployment, Nanos now) {
  std::vector<admin::DiscoveryView> views;
  each_service(deployment, [&](const discovery::ServiceStatus& status) {
    admin::DiscoveryView& view = views.emplace_back();
    view.upstream = status.upstream;
    view.registry = status.registry;
    view.service = status.service;
    view.state = name_of(status.freshness);
    view.age_s = age(status.heard_at, now);
    view.version = status.version;
    view.endpoints = status.endpoints;
    view.suspect_removals = status.suspect_removals;
    view.suspect_since_s = age(status.suspect_since, now);
    view.suspects_total = status.suspects_total;
    view.errors_total = status.errors;
    view.last_error = status.last_error;
  });
  return views;
}

void add_metrics_of_registries(const Deployment& deployment, Nanos now, observe::MetricsInput& input) {
  for (const auto& [name, registry] : deployment.registries()) {
    const discovery::RegistryStatus status = registry->status();
    input.registries.push_back({name, status.connected, status.requests, status.errors});
  }
  each_service(deployment, [&](const discovery::ServiceStatus& status) {
    input.discoveries.push_back({status.upstream, status.freshness == discovery::Freshness::fresh,
                                 age(status.heard_at, now), status.endpoints, status.suspect_removals,
                                 status.suspects_total, status.errors});
  });
}

}  // namespace penstock
