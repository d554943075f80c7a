// Reads addresses and networks. Nothing is resolved.
#pragma once

#include <string>
#include <string_view>

#include "conf/config.h"
#include "conf/parsed.h"

namespace penstock::conf {

enum class AddressUse {
  listen,   ///< an IP literal, never a name; port 0 … 65535, 0 = any free one
  connect,  ///< an IP literal or a host name (made lower case); port 1 … 65535
};

/// "host:port", "[v6]:port" or "unix:/path".
Parsed<Address> parse_address(std::string_view text, AddressUse use);

/// "10.0.0.0/8", "fd00::/8" or a bare address; the result always has its "/bits". Bits set beyond the prefix are
/// refused: they tell of a mistake.
Parsed<std::string> parse_network(std::string_view text);

bool is_ipv4(std::string_view text);
/// Without brackets and without a zone.
bool is_ipv6(std::string_view text);
/// RFC 1123 §2.1 with underscores, which service names hold in practice; no trailing dot. A last label of digits only
/// is refused, so that "300.1.1.1" is no name.
bool is_host_name(std::string_view text);

}  // namespace penstock::conf
