#include "gateway/control/gateway_actions.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <string>

#include "conf/log_level.h"
#include "gateway/base/number_text.h"
#include "gateway/process/log_level.h"

namespace penstock {
namespace {

using admin::Done;
using admin::Values;

ManagedUpstream* find_upstream(const DataPlane& plane, const std::string& name) {
  if (!plane.current()) return nullptr;
  for (const auto& upstream : plane.current()->upstreams()) {
    if (upstream->config().name == name) return upstream.get();
  }
  return nullptr;
}

Done accept_suspect(const DataPlane& plane, const std::string& name) {
  ManagedUpstream* upstream = find_upstream(plane, name);
  if (!upstream || !upstream->service()) return {false, "no upstream of that name is from a registry"};
  if (!upstream->service()->accept_suspect()) return {false, "there is nothing to accept: the registry is believed"};
  spdlog::warn("upstream {}: the registry is believed, as an engineer has said so", name);
  return {true, "done"};
}

Done reload(Reloads& reloads) {
  reloads.reload();
  return {true, "being loaded; the log says what comes of it"};
}

Done change_log_level(const std::string& level) {
  const auto known = conf::value_of(conf::kLogLevels, level);
  if (!known) return {false, "the level must be " + conf::listed(conf::kLogLevels, " or ")};
  set_log_level(*known);
  return {true, "done"};
}

Done degrade(const DataPlane& plane, const std::string& route, const std::string& on) {
  if (on != "true" && on != "false") return {false, "on must be true or false"};
  if (!plane.current()) return {false, "not ready"};
  const auto& routes = plane.current()->config().routes;
  const auto found = std::find_if(routes.begin(), routes.end(), [&](const conf::Route& r) { return r.id == route; });
  if (found == routes.end()) return {false, "there is no route " + route};
  if (!found->fallback) return {false, "the route " + route + " has no fallback"};
  plane.current()->blueprint()->degraded->set(static_cast<std::size_t>(found - routes.begin()), on == "true");
  spdlog::warn("route {}: {}, as an engineer has said so", route, on == "true" ? "degraded" : "no longer degraded");
  return {true, "done"};
}

Done set_weight(const DataPlane& plane, const std::string& name, const std::string& endpoint,
                const std::string& weight) {
  constexpr std::uint64_t kMost = 65535;
  ManagedUpstream* upstream = find_upstream(plane, name);
  if (!upstream) return {false, "there is no upstream " + name};
  const auto value = read_number(weight);
  if (weight != "default" && (!value || *value > kMost)) return {false, "the weight must be 0 … 65535, or default"};
  const auto set = value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
  if (!upstream->supervisor().set_weight(endpoint, set)) return {false, name + " has no endpoint " + endpoint};
  spdlog::warn("upstream {}: the weight of {} is {}, as an engineer has said so", name, endpoint, weight);
  return {true, "done"};
}

}  // namespace

std::vector<admin::Action> gateway_actions(DataPlane& plane, Reloads& reloads, Handover& handover) {
  return {{"/registries/accept",
           {"upstream"},
           "believes a registry that takes away most of an upstream's endpoints",
           [&plane](const Values& values) { return accept_suspect(plane, values[0]); }},
          {"/config/reload",
           {},
           "loads the configuration anew, like the signal HUP",
           [&reloads](const Values&) { return reload(reloads); }},
          {"/upgrade",
           {},
           "starts the program anew and hands over to it, like the signal USR2",
           [&handover](const Values&) { return handover.begin(); }},
          {"/config/rollback",
           {"version"},
           "takes over a configuration that was in force before",
           [&reloads](const Values& values) { return reloads.roll_back(values[0]); }},
          {"/log",
           {"level"},
           "debug, info, warn or error, until the next reload",
           [](const Values& values) { return change_log_level(values[0]); }},
          {"/routes/degrade",
           {"route", "on"},
           "true: the route's requests get its fallback; false: no more. Until the next start",
           [&plane](const Values& values) { return degrade(plane, values[0], values[1]); }},
          {"/upstreams/weight",
           {"upstream", "endpoint", "weight"},
           "1 … 65535; 0: no new requests; default: as configured. Until the next start",
           [&plane](const Values& values) { return set_weight(plane, values[0], values[1], values[2]); }}};
}

}  // namespace penstock
