// The PROXY protocol: a header ahead of a connection's own bytes, in which a proxy tells whom it serves. After
// HAProxy's doc/proxy-protocol.txt of 2020/03/05, both versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/ip.h"

namespace penstock {

/// The two ends of a client's connection to the first proxy.
struct ProxiedConnection {
  IpAddress client;
  IpAddress server;  ///< "::" if it is not known
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  friend bool operator==(const ProxiedConnection&, const ProxiedConnection&) = default;
};

/// Reads one header, of either version, in whatever pieces it comes. Pure.
class ProxyHeaderReader {
 public:
  enum class Result { need_more, done, malformed };

  /// Takes the header's bytes off the front of `in`; what stands behind it stays. `malformed` as soon as it is certain.
  /// Not to be called again after done or malformed.
  Result read(std::string_view& in);

  /// A part of the header has come.
  bool begun() const { return !held_.empty(); }
  /// Once done. Nothing if the sender speaks for itself (LOCAL), or for something without an IP address or not on TCP:
  /// then the connection's own addresses hold.
  const std::optional<ProxiedConnection>& told() const { return told_; }

 private:
  std::string held_;  ///< at most a whole header (64 KiB) and what came in one piece with it
  std::optional<ProxiedConnection> told_;
};

enum class ProxyHeaderVersion : std::uint8_t { v1, v2 };

/// Nothing: the sender speaks for itself (UNKNOWN, LOCAL). IPv4 at one end alone is written as mapped IPv6, as HAProxy
/// does.
std::string write_proxy_header(ProxyHeaderVersion version, const std::optional<ProxiedConnection>& connection);

}  // namespace penstock
