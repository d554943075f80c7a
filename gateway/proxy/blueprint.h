// One configuration made ready for requests: what all workers share of it.
#pragma once

#include <memory>
#include <vector>

#include "conf/config.h"
#include "gateway/base/ip.h"
#include "gateway/filters/chains/chain_table.h"
#include "gateway/filters/limits/limit_table.h"
#include "gateway/proxy/route_action.h"
#include "gateway/proxy/route_switches.h"
#include "gateway/routing/route_table.h"

namespace penstock::proxy {

/// Immutable, but for the limits' words and the switches. Any thread may make it, and use it.
struct Blueprint {
  Blueprint(std::shared_ptr<const conf::Config> configuration, std::shared_ptr<filters::LimitTable> limit_table);

  const std::shared_ptr<const conf::Config> config;
  const routing::RouteTable routes;
  const std::shared_ptr<filters::LimitTable> limits;
  const filters::ChainTable chains;
  const std::vector<RouteAction> actions;  ///< indexed like config->routes
  const CidrSet trusted_proxies;
  const std::unique_ptr<RouteSwitches> degraded;
};

}  // namespace penstock::proxy
