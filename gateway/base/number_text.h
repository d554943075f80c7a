// Numbers as texts, and back.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace penstock {

/// Decimal, with leading zeros up to `digits_min` digits.
inline void append_number(std::string& out, std::uint64_t number, std::size_t digits_min = 1) {
  std::array<char, 20> text;
  const char* end = std::to_chars(text.begin(), text.end(), number).ptr;
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (digits < digits_min) out.append(digits_min - digits, '0');
  out.append(text.data(), digits);
}

/// Decimal digits and nothing else, zeros in front or not. nullopt: it is not, or beyond 64 bits.
inline std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

}  // namespace penstock
