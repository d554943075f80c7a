// What an engineer can ask a running gateway to do, by the admin listener.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "conf/log_level.h"
#include "gateway/control/gateway.h"
#include "gateway/process/log_level.h"

namespace penstock {
namespace {

std::optional<std::uint64_t> number(const std::string& text, std::uint64_t most) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end && value <= most ? std::optional(value) : std::nullopt;
}

}  // namespace

std::vector<admin::Action> Gateway::actions() {
  using Values = admin::Values;
  return {{"/registries/accept",
           {"upstream"},
           "believes a registry that takes away most of an upstream's endpoints",
           [this](const Values& values) { return accept_suspect(values[0]); }},
          {"/config/reload",
           {},
           "loads the configuration anew, like the signal HUP",
           [this](const Values&) {
             reload();
             return admin::Done{true, "being loaded; the log says what comes of it"};
           }},
          {"/upgrade",
           {},
           "starts the program anew and hands over to it, like the signal USR2",
           [this](const Values&) { return upgrade(); }},
          {"/config/rollback",
           {"version"},
           "takes over a configuration that was in force before",
           [this](const Values& values) { return roll_back(values[0]); }},
          {"/log",
           {"level"},
           "debug, info, warn or error, until the next reload",
           [](const Values& values) { return change_log_level(values[0]); }},
          {"/routes/degrade",
           {"route", "on"},
           "true: the route's requests get its fallback; false: no more. Until the next start",
           [this](const Values& values) { return degrade(values[0], values[1]); }},
          {"/upstreams/weight",
           {"upstream", "endpoint", "weight"},
           "1 … 65535; 0: no new requests; default: as configured. Until the next start",
           [this](const Values& values) { return set_weight(values[0], values[1], values[2]); }}};
}

ManagedUpstream* Gateway::find_upstream(const std::string& name) const {
  if (!current_) return nullptr;
  for (const auto& upstream : current_->upstreams()) {
    if (upstream->config().name == name) return upstream.get();
  }
  return nullptr;
}

admin::Done Gateway::accept_suspect(const std::string& name) {
  ManagedUpstream* upstream = find_upstream(name);
  if (!upstream || !upstream->service()) return {false, "no upstream of that name is from a registry"};
  if (!upstream->service()->accept_suspect()) return {false, "there is nothing to accept: the registry is believed"};
  spdlog::warn("upstream {}: the registry is believed, as an engineer has said so", name);
  return {true, "done"};
}

admin::Done Gateway::roll_back(const std::string& version) {
  const auto wanted = number(version, ~std::uint64_t{0});
  auto found = wanted ? store_->find(*wanted) : std::nullopt;
  if (!found) return {false, "there is no version " + version};
  if (upgrade_.under_way()) return {false, "an upgrade is under way"};
  reload([text = std::move(found->text), from = "version " + version]() -> Reloader::Loaded {
    return {conf::load_text(text, from, conf::process_environment()), text, from};
  });
  return {true, "version " + version + " is being loaded; the log says what comes of it"};
}

admin::Done Gateway::change_log_level(const std::string& level) {
  const auto known = conf::value_of(conf::kLogLevels, level);
  if (!known) return {false, "the level must be " + conf::listed(conf::kLogLevels, " or ")};
  set_log_level(*known);
  return {true, "done"};
}

admin::Done Gateway::degrade(const std::string& route, const std::string& on) {
  if (on != "true" && on != "false") return {false, "on must be true or false"};
  if (!current_) return {false, "not ready"};
  const auto& routes = current_->config().routes;
  const auto found = std::find_if(routes.begin(), routes.end(), [&](const conf::Route& r) { return r.id == route; });
  if (found == routes.end()) return {false, "there is no route " + route};
  if (!found->fallback) return {false, "the route " + route + " has no fallback"};
  current_->blueprint()->degraded->set(static_cast<std::size_t>(found - routes.begin()), on == "true");
  spdlog::warn("route {}: {}, as an engineer has said so", route, on == "true" ? "degraded" : "no longer degraded");
  return {true, "done"};
}

admin::Done Gateway::set_weight(const std::string& name, const std::string& endpoint, const std::string& weight) {
  constexpr std::uint64_t kMost = 65535;
  ManagedUpstream* upstream = find_upstream(name);
  if (!upstream) return {false, "there is no upstream " + name};
  const auto value = number(weight, kMost);
  if (!value && weight != "default") return {false, "the weight must be 0 … 65535, or default"};
  const auto set = value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
  if (!upstream->supervisor().set_weight(endpoint, set)) return {false, name + " has no endpoint " + endpoint};
  spdlog::warn("upstream {}: the weight of {} is {}, as an engineer has said so", name, endpoint, weight);
  return {true, "done"};
}

}  // namespace penstock
