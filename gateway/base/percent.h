// Percent-encoding (RFC 3986 §2.1).
#pragma once

#include <string>
#include <string_view>

#include "gateway/base/hex.h"

namespace penstock {

/// The byte that an encoding at the beginning of `text` stands for: of "%2Fa" it is 47. -1 if there is none, or it is
/// not whole.
constexpr int percent_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/// What is not well-formed stays as it is; so does "+".
std::string percent_decoded(std::string_view text);

/// All but letters, digits, "-._~" (RFC 3986 §2.3) and those in `keep` as %XX: one segment of a URL's path, or a value
/// of its query.
std::string percent_encoded(std::string_view text, std::string_view keep = "");

}  // namespace penstock
