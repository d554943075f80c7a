#include "gateway/base/http_date.h"

#include <ctime>

namespace penstock {

std::string_view HttpDate::at(std::uint64_t unix_ms) {
  constexpr std::size_t kLength = 29;
  if (unix_ms / 1000 != second_) {
    second_ = unix_ms / 1000;
    const auto time = static_cast<std::time_t>(second_);
    std::tm utc{};
    gmtime_r(&time, &utc);
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    // Not %a and %b: those depend on the locale.
    std::array<char, 32> rest{};
    std::strftime(rest.data(), rest.size(), "%Y %H:%M:%S GMT", &utc);
    const char* day = kDays[utc.tm_wday];
    const char* month = kMonths[utc.tm_mon];
    text_ = {day[0],
             day[1],
             day[2],
             ',',
             ' ',
             static_cast<char>('0' + utc.tm_mday / 10),
             static_cast<char>('0' + utc.tm_mday % 10),
             ' ',
             month[0],
             month[1],
             month[2],
             ' '};
    for (std::size_t i = 0; i < kLength - 12; ++i) text_[12 + i] = rest[i];
  }
  return {text_.data(), kLength};
}

}  // namespace penstock
