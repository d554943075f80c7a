// Encryption, towards clients and towards endpoints, and the PROXY protocol. A part of conf/config.h, which says what
// holds for all of it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "conf/mark.h"

namespace penstock::conf {

using std::chrono::milliseconds;

/// Paths of PEM files, which are read when the configuration is taken over, and again when they change.
struct CertificateFiles {
  std::string cert;  ///< the certificate, and behind it those that lead to its authority
  std::string key;
  std::string ocsp;  ///< DER: the authority's answer, stapled to handshakes; empty: none
  Mark mark;
  friend bool operator==(const CertificateFiles&, const CertificateFiles&) = default;
};

enum class TlsVersion { v1_2, v1_3 };

enum class ClientCertificate { none, optional, required };

/// listeners[].tls, admin.tls.
struct ListenerTls {
  std::vector<CertificateFiles> certificates;  ///< chosen by SNI; the first for any other name, or none
  std::string client_ca;                       ///< PEM: turns on mutual TLS; empty: clients are not asked
  ClientCertificate client_certificate = ClientCertificate::none;  ///< required with client_ca, unless written
  TlsVersion min_version = TlsVersion::v1_2;
  Mark mark;
  friend bool operator==(const ListenerTls&, const ListenerTls&) = default;
};

/// upstreams.NAME.tls.
struct UpstreamTls {
  std::string sni;   ///< the name that is asked for, and that the certificate must have; empty: the endpoint's host
  std::string ca;    ///< PEM; empty: the system's authorities
  std::string cert;  ///< with `key`: shown to endpoints
  std::string key;
  bool verify = true;
  TlsVersion min_version = TlsVersion::v1_2;
  Mark mark;
  friend bool operator==(const UpstreamTls&, const UpstreamTls&) = default;
};

/// listeners[].proxy_protocol: the first bytes of a connection tell whom a proxy before us serves.
struct ProxyProtocol {
  std::vector<std::string> from;  ///< CIDRs: their connections begin with it, all others don't
  milliseconds timeout{3'000};    ///< until it has come
  friend bool operator==(const ProxyProtocol&, const ProxyProtocol&) = default;
};

enum class ProxyProtocolVersion { v1, v2 };

}  // namespace penstock::conf
