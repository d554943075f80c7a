// The keys of a listener.
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/describe/wrapping_shapes.h"

namespace penstock::conf {
namespace {

ShapeOf<ListenerTimeouts> timeouts_shape() {
  auto section = std::make_shared<Section<ListenerTimeouts>>();
  section->key("header", &ListenerTimeouts::header, duration(),
               "From the first byte of a request to the end of its head; then 408.");
  section->key(
      "body", &ListenerTimeouts::body, duration(),
      "Between two reads of a request's body, or two writes of a response; then 408, or the connection is closed.");
  section->key("idle", &ListenerTimeouts::idle, duration(), "Between two requests on a connection; then it is closed.");
  return section;
}

ShapeOf<ListenerLimits> max_shape() {
  constexpr std::uint64_t kMiB = 1 << 20;
  auto section = std::make_shared<Section<ListenerLimits>>();
  section->key("request_line", &ListenerLimits::request_line, size(64, kMiB), "The request line; longer ones get 414.");
  section->key("header_bytes", &ListenerLimits::header_bytes, size(128, 16 * kMiB),
               "The whole head, and the trailers likewise; larger ones get 431.");
  section->key("header_fields", &ListenerLimits::header_fields, number<std::uint64_t>(1, 10'000),
               "Fields in the head, and in the trailers likewise; more get 431.");
  section->key("body", &ListenerLimits::body, size(0, std::uint64_t{1} << 50, Unlimited::allowed),
               "The body of a request, or unlimited; larger ones get 413. A route may override it.");
  section->key("requests_per_connection", &ListenerLimits::requests_per_connection,
               number<std::uint64_t>(1, 1'000'000'000), "Requests on one connection, which is closed after the last.");
  const auto bound = or_word("unlimited", number<std::uint32_t>(1, 10'000'000));
  section->key("connections", &ListenerLimits::connections, bound, "Connections at once; more are closed at once.");
  section->key("connections_per_client", &ListenerLimits::connections_per_client, bound,
               "Connections at once of one address, or of one /64 of IPv6; more are closed at once.");
  return section;
}

}  // namespace

ShapeOf<Listener> listener_shape() {
  const auto bind = address(AddressUse::listen);
  auto section = std::make_shared<Section<Listener>>();
  section->key("bind", &Listener::bind, bind,
               "Where to listen: IP:port, [IPv6]:port or unix:/path. Port 0 takes any free one.", Need::required);
  section->key("timeouts", &Listener::timeouts, timeouts_shape(), "How long the client's side may take.");
  section->key("max", &Listener::max, max_shape(), "The largest request that is accepted.");
  section->key("tls", &Listener::tls, optional(listener_tls_shape()), "Encrypts: HTTPS is spoken, and no HTTP.");
  section->key("proxy_protocol", &Listener::proxy_protocol, or_word("off", proxy_protocol_shape()),
               "Proxies that tell whom they serve by the PROXY protocol, version 1 or 2; or off.");
  return short_form(&Listener::bind, bind, ShapeOf<Listener>(section));
}

}  // namespace penstock::conf
