// An access record as bytes, for its way through a ring.
#pragma once

#include <cstddef>
#include <span>

#include "gateway/observe/access_log.h"

namespace penstock::observe {

// Where strings are cut. Whoever sends a longer one does not get to fill the log with it.
inline constexpr std::size_t kTargetMax = 2048;
inline constexpr std::size_t kUserAgentMax = 512;
inline constexpr std::size_t kRefererMax = 512;
inline constexpr std::size_t kStringMax = 256;  ///< all others

/// The record with its strings cut.
AccessRecord cut(const AccessRecord& record);

/// Bytes that encode() will write. `record` must be cut.
std::size_t encoded_size(const AccessRecord& record);
void encode(const AccessRecord& record, std::byte* out);
/// Reads what encode() wrote; the strings are views into `bytes`.
AccessRecord decode(std::span<const std::byte> bytes);

}  // namespace penstock::observe
