// Bytes as hexadecimal digits, and back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace penstock {

/// The two digits of each byte.
using HexPairs = std::array<std::array<char, 2>, 256>;

constexpr HexPairs hex_pairs(std::string_view digits) {
  HexPairs pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) pairs[byte] = {digits[byte >> 4], digits[byte & 15]};
  return pairs;
}
inline constexpr HexPairs kLowerHex = hex_pairs("0123456789abcdef");
inline constexpr HexPairs kUpperHex = hex_pairs("0123456789ABCDEF");

/// The value of a digit, in either case; -1 for any other character.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

inline void append_hex(std::string& out, char byte, const HexPairs& digits) {
  out.append(digits[static_cast<unsigned char>(byte)].data(), 2);
}

/// The lowest `bytes` bytes of `value`, at most 8, highest first, in lower case, to `at`. Returns their end.
inline char* write_hex(char* at, std::uint64_t value, unsigned bytes) {
  for (; bytes > 0; at += 2) std::memcpy(at, kLowerHex[(value >> (8 * --bytes)) & 0xff].data(), 2);
  return at;
}

/// A digest as it is shown: in lower case.
inline std::string hex_text(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) append_hex(text, static_cast<char>(byte), kLowerHex);
  return text;
}

}  // namespace penstock
