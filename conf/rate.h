// Rates: so many in a time. Text in, value out, and back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "conf/parsed.h"

namespace penstock::conf {

inline constexpr std::uint32_t kMostInATime = 1'000'000;

/// "100/s", "6000/m", "10/h", "1/d", or with any time of 1ms … 24h behind the stroke: "5/10s". The number is 1 …
/// kMostInATime, and the rate at most 1000000/s.
Parsed<Rate> parse_rate(std::string_view text);
/// As "100/s" where the time is one of a unit, else as "5/10s".
std::string format_rate(const Rate& rate);

}  // namespace penstock::conf
