#include "gateway/proxy/route_action.h"

namespace penstock::proxy {
namespace {

void take_timeouts(const conf::UpstreamTimeouts& timeouts, RouteAction& action) {
  action.first_byte_ms = static_cast<std::uint32_t>(timeouts.first_byte.count());
  action.idle_ms = static_cast<std::uint32_t>(timeouts.idle.count());
  action.total_ms = timeouts.total ? static_cast<std::uint32_t>(timeouts.total->count()) : 0;
}

}  // namespace

std::vector<RouteAction> make_route_actions(const conf::Config& config, const filters::ChainTable& chains) {
  std::vector<RouteAction> actions;
  actions.reserve(config.routes.size());
  for (const conf::Route& route : config.routes) {
    RouteAction& action = actions.emplace_back();
    if (route.max_body) action.max_body = *route.max_body;
    if (route.upstream) action.upstream = *route.upstream;
    take_timeouts(route.timeouts, action);
    action.retries = route.retry.has_value();
    action.hedges = route.retry && route.retry->hedge_after;
    action.falls_back = route.fallback.has_value();
    action.resends = action.retries || (route.fallback && route.fallback->upstream);
    action.priority = route.priority;
    action.cost = route.cost;
    action.filters = !chains.chain(static_cast<std::uint32_t>(actions.size() - 1)).empty();
  }
  return actions;
}

RouteAction make_fallback_action(const RouteAction& of_route, const conf::Config& config, std::uint32_t upstream) {
  RouteAction action = of_route;
  action.upstream = upstream;
  take_timeouts(config.upstreams[upstream].timeouts, action);
  action.retries = action.resends = config.upstreams[upstream].retry.has_value();
  action.hedges = action.retries && config.upstreams[upstream].retry->hedge_after;
  action.falls_back = false;
  return action;
}

}  // namespace penstock::proxy
