// The small values of the file: numbers, durations, sizes, yes or no. Text in, value out, and back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "conf/parsed.h"

namespace penstock::conf {

/// Decimal digits only; no sign and no leading zeros (which some YAML readers take for octal).
Parsed<std::uint64_t> parse_number(std::string_view text, std::uint64_t min, std::uint64_t max);

/// Decimal digits with or without a point and more digits behind it: "1", "0.25". No sign, no exponent, no leading
/// zeros. 0 ≤ min ≤ max.
Parsed<double> parse_decimal(std::string_view text, double min, double max);
/// The shortest such text that is read as the very same number: "0.3", never "0.30000000000000004" or "1e-05".
std::string format_decimal(double value);

/// What a duration is bounded by unless said otherwise.
inline constexpr milliseconds kShortestDuration{1};
inline constexpr milliseconds kLongestDuration{24 * 3'600'000};
/// A whole number with its unit: "250ms", "5s", "1m", "1h", "1d" (24 hours).
Parsed<milliseconds> parse_duration(std::string_view text, milliseconds min, milliseconds max);
/// In the largest unit, up to hours, that holds it exactly.
std::string format_duration(milliseconds duration);

/// Bytes as "4096", "64KiB", "10MiB", "1GiB". kUnlimited is not read here.
Parsed<std::uint64_t> parse_size(std::string_view text, std::uint64_t min, std::uint64_t max);
/// In the largest unit that holds it exactly; plain digits below that; "unlimited" for kUnlimited.
std::string format_size(std::uint64_t bytes);

/// "true" or "false"; YAML 1.1's yes, no, on and off are refused with a hint.
Parsed<bool> parse_bool(std::string_view text);

/// The text in double quotes for a message, without secrets (conf/secrets.h), cut if it is long, control characters
/// replaced.
std::string in_quotes(std::string_view text);

}  // namespace penstock::conf
