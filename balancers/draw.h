// A number below a bound, from random bits that are handed in.
#pragma once

#include <cstdint>

#include "balancers/hash.h"

namespace penstock::balancers {

struct Drawn {
  std::uint32_t number;    ///< 0 … end - 1
  std::uint32_t fraction;  ///< 32 more uniform bits
};

__extension__ using Wide = unsigned __int128;

/// Each number exactly as likely as any other (Lemire, "Fast random integer generation in an interval", 2019). end ≥ 1.
inline Drawn draw(std::uint64_t bits, std::uint32_t end) {
  for (;;) {
    const Wide product = Wide{bits} * end;
    const auto low = static_cast<std::uint64_t>(product);
    // Below 2^64 mod end: one of the few values that would make some numbers likelier.
    if (low >= end || low >= (0 - std::uint64_t{end}) % end) [[likely]] {
      return {static_cast<std::uint32_t>(product >> 64), static_cast<std::uint32_t>(low >> 32)};
    }
    bits = mix(bits);
  }
}

}  // namespace penstock::balancers
