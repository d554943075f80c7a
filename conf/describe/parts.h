// The parts that description.cc puts together.
#pragma once

#include <string>
#include <vector>

#include "conf/describe/draft.h"
#include "conf/describe/overrides.h"
#include "conf/describe/shape.h"

namespace penstock::conf {

/// Names of upstreams and ids of routes: they become labels of metrics and parts of URLs.
ShapeOf<std::string> name_shape();
/// "client_ip", "header:NAME" and so on.
ShapeOf<RequestKey> request_key_shape();
ShapeOf<Listener> listener_shape();
ShapeOf<ListenerTls> listener_tls_shape();
ShapeOf<UpstreamTls> upstream_tls_shape();
ShapeOf<ProxyProtocol> proxy_protocol_shape();
/// IPv4 and IPv6 addresses and CIDRs, none twice.
ShapeOf<std::vector<std::string>> networks_shape(std::size_t least);
/// The `endpoints` of an upstream, and those of a service in an endpoints file; none twice.
ShapeOf<std::vector<Endpoint>> endpoint_list_shape(std::size_t least, std::size_t most);
ShapeOf<DraftUpstream> upstream_shape();
ShapeOf<Balancer> balancer_shape();
ShapeOf<Sticky> sticky_shape();
ShapeOf<HealthCheck> health_check_shape();
ShapeOf<Outlier> outlier_shape();
/// The `limits` of a route or an upstream.
ShapeOf<std::vector<Limit>> limits_shape();
ShapeOf<Retry> retry_shape();
ShapeOf<Overrides<Retry>> route_retry_shape();
ShapeOf<Overrides<UpstreamTimeouts>> route_timeouts_shape();
ShapeOf<CircuitBreaker> circuit_breaker_shape();
ShapeOf<DraftRoute> route_shape();
ShapeOf<Fields> fields_shape();
ShapeOf<Rewrite> rewrite_shape();
ShapeOf<UpstreamHost> upstream_host_shape();
/// Looks up what a route's templates name in its path. `node` is what the route was read from, soundly.
void bind_templates(Route& route, const Node& node, Problems& problems);
ShapeOf<Registry> registry_shape();
ShapeOf<Discover> discover_shape();
ShapeOf<Announce> announce_shape();

}  // namespace penstock::conf
