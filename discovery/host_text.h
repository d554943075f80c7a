// Hosts and ports as registries write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace penstock::discovery {

/// An IP literal, with or without brackets, or a host name (conf/address.h), with or without a trailing dot: an
/// instance's host. nullopt if it is neither.
std::optional<std::string> read_host(std::string_view text);

/// "host:port", "1.2.3.4:port" or "[v6]:port". A name is made lower case.
std::optional<std::pair<std::string, std::uint16_t>> read_host_port(std::string_view text);

/// All but letters, digits, "-._~" (RFC 3986 §2.3) and those in `keep` as %XX: one segment of a URL's path, or a value
/// of its query.
std::string percent_encoded(std::string_view text, std::string_view keep = "");

}  // namespace penstock::discovery
