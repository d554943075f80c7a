// The Date field's value (RFC 9110 §5.6.7), made once a second.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace penstock {

/// One per worker; not thread-safe.
class HttpDate {
 public:
  /// "Sun, 06 Nov 1994 08:49:37 GMT". Valid until the next call.
  std::string_view at(std::uint64_t unix_ms);

 private:
  std::uint64_t second_ = ~std::uint64_t{0};
  std::array<char, 32> text_{};
};

}  // namespace penstock
