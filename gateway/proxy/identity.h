// Who asks, and the id under which the request is known.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "gateway/base/ip.h"
#include "gateway/base/request_id.h"
#include "gateway/http/message.h"

namespace penstock::proxy {

/// Who sent a request, and through which listener.
struct Client {
  IpAddress ip;
  std::uint64_t max_body = 0;  ///< the listener's
  // As long as the exchange runs.
  std::string_view tls = {};          ///< "TLSv1.3"; empty without encryption
  std::string_view certificate = {};  ///< see RequestContext::client_certificate
};

/// Of one request; used for one after another. Its views are valid until the next learn().
class Identity {
 public:
  /// `trusted`: whose forwarding fields and request ids are believed. `client` and `head` stay as long as this is used.
  void learn(const Client& client, const http::RequestHead& head, const CidrSet& trusted, RequestIdGenerator& ids,
             std::uint64_t unix_ms);

  bool peer_trusted() const { return peer_trusted_; }
  std::string_view request_id() const { return request_id_; }
  /// The real client's, as far as it is known.
  const IpAddress& address() const { return address_; }
  std::string_view client_ip() const { return client_ip_; }
  /// Who holds the connection.
  std::string_view peer_ip() const { return peer_ip_; }
  std::string_view scheme() const { return tls_.empty() ? "http" : "https"; }
  std::string_view tls() const { return tls_; }                  ///< Client::tls
  std::string_view certificate() const { return certificate_; }  ///< Client::certificate

 private:
  void believe(const http::RequestHead& head, const IpAddress& peer, const CidrSet& trusted);

  bool peer_trusted_ = false;
  IpAddress address_;
  std::string_view request_id_;
  std::string_view client_ip_;
  std::string_view peer_ip_;
  std::string_view tls_;
  std::string_view certificate_;
  std::array<char, kMaxForeignRequestId> id_text_;
  std::array<char, IpAddress::kMaxText> client_ip_text_;
  std::array<char, IpAddress::kMaxText> peer_ip_text_;
};

}  // namespace penstock::proxy
