// An access record as bytes, for its way through a ring.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "gateway/observe/access_log.h"

namespace penstock::observe {

// Where strings are cut. Whoever sends a longer one does not get to fill the log with it.
inline constexpr std::size_t kTargetMax = 2048;
inline constexpr std::size_t kUserAgentMax = 512;
inline constexpr std::size_t kRefererMax = 512;
inline constexpr std::size_t kStringMax = 256;  ///< all others

inline constexpr std::size_t kStrings = 11;

/// How much of each string is kept, and the bytes that the record takes.
struct Extent {
  std::array<std::uint16_t, kStrings> lengths;
  std::size_t encoded_size;
};

Extent measure(const AccessRecord& record);
/// Writes extent.encoded_size bytes. `extent` must be that of `record`.
void encode(const AccessRecord& record, const Extent& extent, std::byte* out);
/// Reads what encode() wrote; the strings are views into `bytes`.
AccessRecord decode(std::span<const std::byte> bytes);
/// The record with its strings cut, as it comes out of a ring.
AccessRecord cut(const AccessRecord& record);

}  // namespace penstock::observe
