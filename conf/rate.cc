#include "conf/rate.h"

#include <algorithm>

#include "conf/values.h"

namespace penstock::conf {
namespace {

constexpr std::uint32_t kMostPerMillisecond = 1'000;

Failure no_rate(std::string_view text) {
  return {"must be a rate such as 100/s, 6000/m, 1/d or 5/10s, is " + in_quotes(text)};
}

bool begins_with_digit(std::string_view text) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

}  // namespace

Parsed<Rate> parse_rate(std::string_view text) {
  const std::size_t stroke = std::min(text.find('/'), text.size());
  const std::string_view time = text.substr(std::min(stroke + 1, text.size()));
  const auto count = parse_number(text.substr(0, stroke), 0, kUnlimited);
  const auto any_time = std::string(begins_with_digit(time) ? "" : "1") + std::string(time);
  if (!count || !parse_duration(any_time, milliseconds(0), milliseconds::max())) return no_rate(text);
  const auto per = parse_duration(any_time, kShortestDuration, kLongestDuration);
  if (!per) return Failure{"the time of a rate " + per.problem()};
  if (*count < 1 || *count > kMostInATime) {
    return Failure{"the number of a rate must be 1 … " + std::to_string(kMostInATime) + ", is " +
                   std::to_string(*count)};
  }
  if (*count > static_cast<std::uint64_t>(per->count()) * kMostPerMillisecond)
    return Failure{"must be at most 1000000/s, is " + std::string(text)};
  return Rate{static_cast<std::uint32_t>(*count), *per};
}

std::string format_rate(const Rate& rate) {
  const std::string per = format_duration(rate.per);
  const bool one_of_a_unit = per.size() > 1 && per[0] == '1' && !begins_with_digit(per.substr(1));
  const bool a_day = rate.per == std::chrono::hours(24);
  return std::to_string(rate.count) + "/" + (a_day ? "d" : one_of_a_unit ? per.substr(1) : per);
}

}  // namespace penstock::conf
