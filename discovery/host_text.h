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

}  // namespace penstock::discovery
