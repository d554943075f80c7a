#include "balancers/hash.h"

#include <array>

namespace penstock::balancers {
namespace {

// "Slicing by 8" (Kounavis and Berry, Intel, 2005): kTables[k][b] is what byte b does to the checksum with k more zero
// bytes behind it, so eight bytes are looked up at once.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  constexpr std::uint32_t kPolynomial = 0xedb88320;
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

/// Little-endian on every machine; one load where the machine is so.
std::uint32_t read_u32(const char* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

/// Four bytes with k more behind them.
std::uint32_t look_up(std::uint32_t four, std::size_t k) {
  return kTables[k + 3][four & 0xff] ^ kTables[k + 2][four >> 8 & 0xff] ^ kTables[k + 1][four >> 16 & 0xff] ^
         kTables[k][four >> 24];
}

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t crc) {
  crc = ~crc;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    crc = look_up(crc ^ read_u32(bytes.data()), 4) ^ look_up(read_u32(bytes.data() + 4), 0);
  }
  if (bytes.size() >= 4) {
    crc = look_up(crc ^ read_u32(bytes.data()), 0);
    bytes.remove_prefix(4);
  }
  for (const char byte : bytes) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  return ~crc;
}

std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t kOffset = 0xcbf29ce484222325;
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash = kOffset ^ (seed == 0 ? 0 : mix(seed));
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  return mix(hash);
}

std::uint64_t hash_key(std::string_view key) {
  return (hash_text(key) >> 32 << 32) | crc32(key);
}

}  // namespace penstock::balancers
