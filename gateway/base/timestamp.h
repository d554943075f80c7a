// Moments as texts, in UTC.
#pragma once

#include <cstdint>
#include <string>

namespace penstock {

/// RFC 3339: 2026-01-02T03:04:05.678Z
void append_rfc3339(std::string& out, std::uint64_t unix_ms);

/// Apache's %t: [02/Jan/2026:03:04:05 +0000]
void append_apache_time(std::string& out, std::uint64_t unix_ms);

}  // namespace penstock
