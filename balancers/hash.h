// Hashes that are the same in every process, on every machine, for ever: endpoints and keys are placed by them.
#pragma once

#include <cstdint>
#include <string_view>

namespace penstock::balancers {

/// The finaliser of splitmix64 (Vigna): each bit of the input moves each bit of the output.
constexpr std::uint64_t mix(std::uint64_t bits) {
  bits += 0x9e3779b97f4a7c15;
  bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
  return bits ^ bits >> 31;
}

/// CRC-32 as in IEEE 802.3, zlib and nginx. `crc` continues an earlier one: crc32(b, crc32(a)) = crc32(ab).
std::uint32_t crc32(std::string_view bytes, std::uint32_t crc = 0);

/// A text's place: all 64 bits well mixed (FNV-1a, then mix).
std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0);

/// Pick::key of a request's key: crc32 in the lower half, so that a ring agrees with nginx's `hash … consistent`; an
/// independent hash in the upper half.
std::uint64_t hash_key(std::string_view key);

}  // namespace penstock::balancers
