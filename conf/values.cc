#include "conf/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

#include "conf/secrets.h"

namespace penstock::conf {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// Days are read, but not written: nobody has to wonder how long one is.
constexpr std::array<Unit, 5> kDurations = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizes = {{{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}, {"", 1}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  return value;
}

/// nullopt if it is not written as format_decimal() does, but for zeros at its end.
std::optional<double> decimal_number(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view places = text.substr(std::min(point + 1, text.size()));
  const bool sound = text.size() <= kLongest && whole_number(text.substr(0, point)) &&
                     (point == text.size() || (!places.empty() && std::all_of(places.begin(), places.end(), is_digit)));
  if (!sound) return std::nullopt;
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return value;
}

/// The number times its unit; nullopt if it is not written that way, or beyond 64 bits.
std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units) {
  const auto digits = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == text.substr(digits); });
  const auto number = whole_number(text.substr(0, digits));
  if (unit == units.end() || !number || *number > kUnlimited / unit->factor) return std::nullopt;
  return *number * unit->factor;
}

std::string in_largest_unit(std::uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return "0" + std::string(units.back().name);
}

Failure outside(const std::string& min, const std::string& max, std::string_view is) {
  return {"must be " + min + " … " + max + ", is " + std::string(is)};
}

}  // namespace

Parsed<std::uint64_t> parse_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const auto number = whole_number(text);
  if (number && *number >= min && *number <= max) return *number;
  const bool all_digits = !text.empty() && text.size() < 25 && std::all_of(text.begin(), text.end(), is_digit);
  if (number || (all_digits && text[0] != '0')) return outside(std::to_string(min), std::to_string(max), text);
  return Failure{"must be a whole number, " + std::to_string(min) + " … " + std::to_string(max) + ", is " +
                 in_quotes(text)};
}

Parsed<double> parse_decimal(std::string_view text, double min, double max) {
  const auto value = decimal_number(text);
  if (!value) {
    return Failure{"must be a number such as 0.25, " + format_decimal(min) + " … " + format_decimal(max) + ", is " +
                   in_quotes(text)};
  }
  if (*value < min || *value > max) return outside(format_decimal(min), format_decimal(max), text);
  return *value;
}

std::string format_decimal(double value) {
  std::array<char, 1100> text;  // more than the longest there is, which has 1,074 places
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  return {text.data(), end};
}

Parsed<milliseconds> parse_duration(std::string_view text, milliseconds min, milliseconds max) {
  const auto value = with_unit(text, kDurations);
  if (!value) {
    const char* hint = whole_number(text) ? "needs a unit, such as 250ms, 5s, 1m or 1h, is "
                                          : "must be a duration such as 250ms, 5s, 1m or 1h, is ";
    return Failure{hint + in_quotes(text)};
  }
  if (*value < static_cast<std::uint64_t>(min.count()) || *value > static_cast<std::uint64_t>(max.count())) {
    return outside(format_duration(min), format_duration(max), text);
  }
  return milliseconds(static_cast<milliseconds::rep>(*value));
}

std::string format_duration(milliseconds duration) {
  return in_largest_unit(static_cast<std::uint64_t>(duration.count()), std::span(kDurations).subspan(1));
}

Parsed<std::uint64_t> parse_size(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const auto value = with_unit(text, kSizes);
  if (!value) return Failure{"must be a size such as 4096, 64KiB, 10MiB or 1GiB, is " + in_quotes(text)};
  if (*value < min || *value > max) return outside(format_size(min), format_size(max), text);
  return *value;
}

std::string format_size(std::uint64_t bytes) {
  return bytes == kUnlimited ? "unlimited" : in_largest_unit(bytes, kSizes);
}

Parsed<bool> parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Failure{"must be true or false, is " + in_quotes(text)};
}

std::string in_quotes(std::string_view written) {
  constexpr std::size_t kLongest = 60;
  const std::string text = hide_secrets(written);
  std::size_t end = std::min(text.size(), kLongest);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  std::string shown = text.substr(0, end);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return "\"" + shown + (end < text.size() ? "…\"" : "\"");
}

}  // namespace penstock::conf
