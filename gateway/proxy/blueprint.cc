#include "gateway/proxy/blueprint.h"

#include <utility>

namespace penstock::proxy {

Blueprint::Blueprint(std::shared_ptr<const conf::Config> configuration,
                     std::shared_ptr<filters::LimitTable> limit_table)
    : config(std::move(configuration)),
      routes(*config),
      limits(std::move(limit_table)),
      chains(*config, *limits),
      actions(make_route_actions(*config, chains)),
      trusted_proxies(CidrSet::of(config->trusted_proxies)),
      degraded(std::make_unique<RouteSwitches>(config->routes.size())) {}

}  // namespace penstock::proxy
