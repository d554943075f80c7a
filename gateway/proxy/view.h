// One worker's own working copy of the configuration and the snapshots.
#pragma once

#include <memory>
#include <vector>

#include "conf/config.h"
#include "gateway/base/ip.h"
#include "gateway/filters/limit_table.h"
#include "gateway/proxy/route_action.h"
#include "gateway/routing/route_table.h"
#include "gateway/upstream/cluster.h"

namespace penstock::proxy {

/// What is shared between workers is const; the clusters are this worker's. Outlives the exchanges that started on it.
struct View {
  std::shared_ptr<const conf::Config> config;
  std::shared_ptr<const routing::RouteTable> routes;
  std::vector<RouteAction> actions;             ///< indexed like config->routes
  std::shared_ptr<filters::LimitTable> limits;  ///< shared by the workers
  CidrSet trusted_proxies;
  std::vector<std::unique_ptr<upstream::Cluster>> clusters;  ///< indexed like config->upstreams
};

}  // namespace penstock::proxy
