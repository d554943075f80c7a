// Base64 (RFC 4648, section 4), as Consul and etcd wrap keys and values in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::discovery {

std::string base64(std::string_view bytes);

/// nullopt if the text is anything but whole, padded base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace penstock::discovery
