// Keyed digests, by OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace penstock::io {

/// HMAC-SHA256 (RFC 2104, RFC 6234). Any thread. Throws std::bad_alloc if OpenSSL has no memory.
std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view message);

}  // namespace penstock::io
