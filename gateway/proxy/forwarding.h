// Which header fields pass from one side to the other, and which the gateway adds (RFC 9110 §7.6, RFC 7239, field
// practice).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "gateway/http/outgoing.h"

namespace penstock::proxy {

using http::FieldSet;

struct RequestContext {
  std::string_view peer_ip;   ///< who holds the connection
  bool peer_trusted = false;  ///< its forwarding fields are believed
  std::string_view request_id;
  std::string_view endpoint;         ///< Host for requests that came without one, or where `host` says so
  std::string_view scheme = "http";  ///< of the client's connection
  /// The certificate that the client has shown, and that is valid, for X-Forwarded-Client-Cert; empty: none.
  std::string_view client_certificate = {};
  const conf::ForwardedHeaders* forwarded = nullptr;
  const conf::UpstreamHost* host = nullptr;  ///< what the upstream is to see; null: what the client has asked for
  std::string_view priority_header = {};     ///< passes if the peer is trusted; empty: there is none
  std::uint64_t timeout_ms = 0;  ///< what is left for the answer, to be told to the endpoint; 0: it is not told
};

/// For the upstream. `head` must stay as long as `out` is used.
void forward_request(const http::RequestHead& head, const RequestContext& context, FieldSet& out);

/// For the client. `date` is used if the endpoint sent none (RFC 9110 §6.6.1).
void forward_response(const http::ResponseHead& head, std::string_view request_id, std::string_view date,
                      FieldSet& out);

/// 1xx.
void forward_interim(const http::ResponseHead& head, FieldSet& out);

/// Whether the request asks for a protocol that is tunnelled: WebSocket. Others, h2c above all, would open a way past
/// the gateway's rules, and are passed over as RFC 9110 §7.8 allows.
bool upgrades(const http::RequestHead& head);

}  // namespace penstock::proxy
