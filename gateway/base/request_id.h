// Ids of requests: made here as UUIDv7, or taken over from a trusted proxy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "gateway/base/random.h"

namespace penstock {

inline constexpr std::size_t kRequestIdLength = 36;
inline constexpr std::size_t kMaxForeignRequestId = 128;

/// UUIDs of version 7 (RFC 9562 §5.7): milliseconds since 1970, then a counter of 42 bits that starts at a random
/// number below 2^41 each millisecond (§6.2, method 1), then 32 random bits. So the ids of one generator sort in the
/// order in which they were made, and those of several generators by time. Unique, but not secret.
///
/// One per worker; not thread-safe. Allocates nothing.
class RequestIdGenerator {
 public:
  /// Generators of one deployment must have different seeds, best from the system's entropy.
  explicit RequestIdGenerator(std::uint64_t seed);

  /// Writes the next id as 36 characters in lower case. A `unix_ms` before that of the last id is taken for the last
  /// one, so that a clock stepping back doesn't break the order. Must be below 2^48 (the year 10889).
  void next(std::uint64_t unix_ms, std::span<char, kRequestIdLength> out);

 private:
  void advance(std::uint64_t unix_ms);

  Random random_;
  std::uint64_t ms_ = 0;
  std::uint64_t counter_ = 0;  ///< 42 bits
};

/// Whether an id that came with a request can be taken over: 1 … 128 of [A-Za-z0-9._~:/+=@-], which are safe in a
/// field, a log line and a shell.
bool acceptable_request_id(std::string_view id);

}  // namespace penstock
