// SipHash-2-4 (Aumasson and Bernstein, 2012): a hash of short texts whose collisions nobody finds without the key.
#pragma once

#include <cstdint>
#include <string_view>

namespace penstock {

struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

std::uint64_t siphash(const SipKey& key, std::string_view bytes);

}  // namespace penstock
