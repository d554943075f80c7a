#include "gateway/control/learned.h"

#include <algorithm>
#include <vector>

#include "gateway/base/number_text.h"
#include "gateway/control/system_random.h"

namespace penstock {
namespace {

constexpr const char* kStickySecret = "sticky_secret";
constexpr const char* kLimitsSecret = "limits_secret";
constexpr const char* kLimits = "limits";
constexpr const char* kTicketKeys = "tls_ticket_keys";
constexpr const char* kDegraded = "degraded";
constexpr const char* kUpgradesSucceeded = "upgrades_succeeded";
constexpr const char* kUpgradesFailed = "upgrades_failed";

std::string secret_in(const KeyValues& learned, const char* name) {
  const auto found = learned.find(name);
  return found != learned.end() ? found->second : random_text();
}

std::uint64_t count_in(const KeyValues& learned, const char* name) {
  const auto found = learned.find(name);
  return found != learned.end() ? read_number(found->second).value_or(0) : 0;
}

std::string degraded_routes(const Deployment& deployment) {
  std::vector<std::string> ids;
  const auto& routes = deployment.config().routes;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (deployment.blueprint()->degraded->is_set(i)) ids.push_back(routes[i].id);
  }
  return packed(ids);
}

}  // namespace

KeyValues learned_by(const DataPlane& plane, io::TicketKeys& tickets, const observe::UpgradeMetrics& upgrades) {
  const Deployment& current = *plane.current();
  KeyValues learned = {{kStickySecret, plane.secrets().sticky},
                       {kLimitsSecret, plane.secrets().limits},
                       {kLimits, current.limits().memory()},
                       {kTicketKeys, tickets.memory()},
                       {kDegraded, degraded_routes(current)},
                       {kUpgradesSucceeded, std::to_string(upgrades.succeeded + 1)},
                       {kUpgradesFailed, std::to_string(upgrades.failed)}};
  for (const auto& upstream : current.upstreams())
    learned[memory_key_of(upstream->config())] = upstream->supervisor().memory();
  return learned;
}

DataPlane::Secrets learned_secrets(const KeyValues& learned) {
  return {secret_in(learned, kStickySecret), secret_in(learned, kLimitsSecret)};
}

void recall_limits(const KeyValues& learned, const proxy::Blueprint& blueprint) {
  if (const auto found = learned.find(kLimits); found != learned.end()) blueprint.limits->recall(found->second);
}

void recall_tickets(const KeyValues& learned, io::TicketKeys& tickets) {
  if (const auto found = learned.find(kTicketKeys); found != learned.end()) tickets.recall(found->second);
}

void recall_switches(const KeyValues& learned, const proxy::Blueprint& blueprint) {
  const auto degraded = learned.find(kDegraded);
  const auto ids = degraded != learned.end() ? unpacked(degraded->second) : std::nullopt;
  const auto& routes = blueprint.config->routes;
  for (std::size_t i = 0; ids && i < routes.size(); ++i) {
    const bool was = routes[i].fallback && std::find(ids->begin(), ids->end(), routes[i].id) != ids->end();
    blueprint.degraded->set(i, was);
  }
}

observe::UpgradeMetrics learned_upgrades(const KeyValues& learned) {
  return {count_in(learned, kUpgradesSucceeded), count_in(learned, kUpgradesFailed)};
}

}  // namespace penstock
