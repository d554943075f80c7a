// What a rate limit says to one request; what Retry-After and the RateLimit fields are made of.
#pragma once

#include <cstdint>

namespace penstock::limiters {

/// Waiting will not help: what was asked for is more than the limit ever gives.
inline constexpr std::uint64_t kNever = ~std::uint64_t{0};

struct Verdict {
  bool admitted = false;
  std::uint64_t retry_after_ns = 0;  ///< 0 if admitted; else the same cost passes then if nobody comes first; or kNever
  std::uint64_t remaining = 0;       ///< whole requests of cost 1 that would pass right now
  std::uint64_t reset_after_ns = 0;  ///< until nothing is remembered any more
};

}  // namespace penstock::limiters
