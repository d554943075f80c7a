// The keys of an upstream.
#include "conf/describe/collection_shapes.h"
#include "conf/describe/overrides.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/describe/wrapping_shapes.h"
#include "conf/http_text.h"

namespace penstock::conf {
namespace {

ShapeOf<Endpoint> endpoint_shape() {
  const auto where = address(AddressUse::connect);
  auto section = std::make_shared<Section<Endpoint>>();
  section->key("address", &Endpoint::address, where,
               "host:port, [IPv6]:port or unix:/path. Names are resolved again and again.", Need::required);
  section->key("weight", &Endpoint::weight, number<std::uint32_t>(1, 65535),
               "Its share of the work, against the others' weights, for balancers that heed it.");
  section->key("zone", &Endpoint::zone, name_shape(), "The zone that the endpoint is in.");
  section->key("priority", &Endpoint::priority, number<std::uint32_t>(0, 127),
               "0 is used first; the higher numbers take over as the lower ones fail.");
  return short_form(&Endpoint::address, where, ShapeOf<Endpoint>(section));
}

ShapeOf<SlowStart> slow_start_shape() {
  auto section = std::make_shared<Section<SlowStart>>();
  section->key("window", &SlowStart::window, duration(), "How long it takes until an endpoint has its whole share.");
  section->key("min_share", &SlowStart::min_share, decimal(0.01, 1), "The part of its share that it begins with.");
  section->key("aggression", &SlowStart::aggression, decimal(0.1, 10),
               "1 is an even growth; more is faster at first, less is slower at first.");
  return short_form(&SlowStart::window, duration(), ShapeOf<SlowStart>(section));
}

ShapeOf<Subset> subset_shape() {
  auto section = std::make_shared<Section<Subset>>();
  section->key("size", &Subset::size, number<std::uint32_t>(1, 1'000'000), "How many endpoints each gateway uses.",
               Need::required);
  section->key("gateway", &Subset::gateway, number<std::uint32_t>(0, 1'000'000),
               "This gateway's number among all: 0, 1, 2, …", Need::required);
  return section;
}

std::shared_ptr<Section<UpstreamTimeouts>> timeouts_section() {
  auto section = std::make_shared<Section<UpstreamTimeouts>>();
  section->key("connect", &UpstreamTimeouts::connect, duration(), "To connect to an endpoint; then 504.");
  section->key("first_byte", &UpstreamTimeouts::first_byte, duration(),
               "From the request being sent to the first byte of the answer; then 504.");
  section->key("idle", &UpstreamTimeouts::idle, duration(), "Between two reads or writes of a body, and in a tunnel.");
  section->key("total", &UpstreamTimeouts::total, optional(duration()),
               "From the request's head to the last byte of the answer; then 504, or the answer is cut. "
               "Left out: 30s to the answer's head, and no bound on a body that keeps moving.");
  return section;
}

ShapeOf<Pool> pool_shape() {
  auto section = std::make_shared<Section<Pool>>();
  section->key("max_idle", &Pool::max_idle, number<std::uint64_t>(0, 1'000'000), "Idle connections that are kept.");
  section->key("max_connections", &Pool::max_connections, number<std::uint64_t>(1, 1'000'000),
               "Connections in all; a request that needs one more gets 503.");
  section->key("idle", &Pool::idle, duration(), "An idle connection is closed after this.");
  section->key("requests_per_connection", &Pool::requests_per_connection, number<std::uint64_t>(1, 1'000'000'000),
               "Requests on one connection, which is closed after the last.");
  return section;
}

void check_endpoints(const DraftUpstream&, const Node& node, Problems& problems) {
  const bool listed = node.has("endpoints");
  if (listed == node.has("discover")) {
    problems.add(node.mark, listed ? "needs endpoints or discover; this has both" : "needs endpoints, or discover");
  }
}

Json either_endpoints_or_discover() {
  return Json::Map{{"oneOf", Json::List{Json::Map{{"required", Json::List{"endpoints"}}},
                                        Json::Map{{"required", Json::List{"discover"}}}}}};
}

}  // namespace

ShapeOf<std::string> name_shape() {
  return text_like("^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$", read_name);
}

ShapeOf<std::vector<Endpoint>> endpoint_list_shape(std::size_t least, std::size_t most) {
  const auto identity = [](const Endpoint& endpoint) { return endpoint.address.text(); };
  return list<Endpoint>(endpoint_shape(), least, identity, most);
}

ShapeOf<Overrides<UpstreamTimeouts>> route_timeouts_shape() {
  return overrides<UpstreamTimeouts>(timeouts_section(), "the upstream's");
}

ShapeOf<DraftUpstream> upstream_shape() {
  auto section = std::make_shared<Section<DraftUpstream>>();
  section->key("endpoints", &DraftUpstream::endpoints, endpoint_list_shape(1, kAnyNumber),
               "The addresses that serve it; or else discover.");
  section->key("discover", &DraftUpstream::discover, optional(placed(discover_shape())),
               "The registry that tells the addresses.");
  section->key("balancer", &DraftUpstream::balancer, balancer_shape(), "How an endpoint is chosen for a request.");
  section->key("sticky", &DraftUpstream::sticky, optional(sticky_shape()),
               "Keeps a client at one endpoint, by a cookie.");
  section->key("slow_start", &DraftUpstream::slow_start, or_word("off", slow_start_shape()),
               "Gives new and recovered endpoints their share bit by bit; or off.");
  section->key("subset", &DraftUpstream::subset, optional(subset_shape()),
               "Uses only some of the endpoints, others in each gateway.");
  section->key("panic_threshold", &DraftUpstream::panic_threshold, decimal(0, 1),
               "If a smaller part of the endpoints is usable, all are used; 0 is never.");
  section->key("health_check", &DraftUpstream::health_check, or_word("off", health_check_shape()),
               "Asks each endpoint again and again whether it works; or off.");
  section->key("outlier", &DraftUpstream::outlier, or_word("off", outlier_shape()),
               "Ejects endpoints at which requests fail; or off.");
  section->key("limits", &DraftUpstream::limits, limits_shape(),
               "What may be sent here, from all routes together; after the route's own limits.");
  section->key("retry", &DraftUpstream::retry, or_word("off", retry_shape()),
               "Tries failed requests again at other endpoints; or off.");
  section->key("circuit_breaker", &DraftUpstream::circuit_breaker, or_word("off", circuit_breaker_shape()),
               "Stops asking what mostly fails, or is mostly slow, for a while; or off.");
  section->key("timeouts", &DraftUpstream::timeouts, ShapeOf<UpstreamTimeouts>(timeouts_section()),
               "How long the upstream's side may take.");
  section->key("pool", &DraftUpstream::pool, pool_shape(), "Kept-alive connections, counted per endpoint and worker.");
  section->key("tls", &DraftUpstream::tls, optional(upstream_tls_shape()), "Encrypts what is sent to the endpoints.");
  section->key("proxy_protocol", &DraftUpstream::proxy_protocol,
               or_word("off", choice<ProxyProtocolVersion>(
                                  {{"v1", ProxyProtocolVersion::v1}, {"v2", ProxyProtocolVersion::v2}})),
               "Tells endpoints the client's address by the PROXY protocol, on a connection for each client; or off.");
  section->key("host", &DraftUpstream::host, upstream_host_shape(),
               "The Host that endpoints see: client, as the client has asked; endpoint, the endpoint's own address or "
               "name; or a name, with or without a port.");
  section->rule(check_endpoints, either_endpoints_or_discover());
  return section;
}

}  // namespace penstock::conf
