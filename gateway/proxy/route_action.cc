#include "gateway/proxy/route_action.h"

namespace penstock::proxy {

std::vector<RouteAction> make_route_actions(const conf::Config& config) {
  std::vector<RouteAction> actions;
  actions.reserve(config.routes.size());
  for (const conf::Route& route : config.routes) {
    RouteAction& action = actions.emplace_back();
    if (route.max_body) action.max_body = *route.max_body;
    if (route.upstream) action.upstream = *route.upstream;
    action.first_byte_ms = static_cast<std::uint32_t>(route.timeouts.first_byte.count());
    action.idle_ms = static_cast<std::uint32_t>(route.timeouts.idle.count());
    action.retries = route.retry.has_value();
    if (route.timeouts.total) action.total_ms = static_cast<std::uint32_t>(route.timeouts.total->count());
  }
  return actions;
}

}  // namespace penstock::proxy
