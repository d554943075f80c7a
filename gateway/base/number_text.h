// Numbers as texts.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

namespace penstock {

/// Decimal, with leading zeros up to `digits_min` digits.
inline void append_number(std::string& out, std::uint64_t number, std::size_t digits_min = 1) {
  std::array<char, 20> text;
  const char* end = std::to_chars(text.begin(), text.end(), number).ptr;
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (digits < digits_min) out.append(digits_min - digits, '0');
  out.append(text.data(), digits);
}

}  // namespace penstock
