#include "gateway/proxy/blueprint.h"

#include <string>
#include <utility>

namespace penstock::proxy {
namespace {

CidrSet parse_blocks(const std::vector<std::string>& texts) {
  CidrSet blocks;
  for (const std::string& text : texts) {
    if (const auto block = Cidr::parse(text)) blocks.add(*block);
  }
  return blocks;
}

}  // namespace

Blueprint::Blueprint(std::shared_ptr<const conf::Config> configuration,
                     std::shared_ptr<filters::LimitTable> limit_table)
    : config(std::move(configuration)),
      routes(*config),
      actions(make_route_actions(*config)),
      limits(std::move(limit_table)),
      trusted_proxies(parse_blocks(config->trusted_proxies)),
      degraded(std::make_unique<RouteSwitches>(config->routes.size())) {}

}  // namespace penstock::proxy
