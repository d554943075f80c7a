#include "gateway/base/timestamp.h"

#include <chrono>
#include <string_view>

#include "gateway/base/number_text.h"

namespace penstock {
namespace {

/// A moment's parts, in UTC.
struct Moment {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::milliseconds> time;

  explicit Moment(std::uint64_t unix_ms)
      : Moment(std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(unix_ms))) {}
  explicit Moment(std::chrono::sys_time<std::chrono::milliseconds> at)
      : date(std::chrono::floor<std::chrono::days>(at)), time(at - std::chrono::floor<std::chrono::days>(at)) {}
};

void append_clock(std::string& out, const Moment& moment) {
  append_number(out, static_cast<std::uint64_t>(moment.time.hours().count()), 2);
  out += ':';
  append_number(out, static_cast<std::uint64_t>(moment.time.minutes().count()), 2);
  out += ':';
  append_number(out, static_cast<std::uint64_t>(moment.time.seconds().count()), 2);
}

}  // namespace

void append_rfc3339(std::string& out, std::uint64_t unix_ms) {
  const Moment moment(unix_ms);
  append_number(out, static_cast<std::uint64_t>(static_cast<int>(moment.date.year())), 4);
  out += '-';
  append_number(out, static_cast<unsigned>(moment.date.month()), 2);
  out += '-';
  append_number(out, static_cast<unsigned>(moment.date.day()), 2);
  out += 'T';
  append_clock(out, moment);
  out += '.';
  append_number(out, static_cast<std::uint64_t>(moment.time.subseconds().count()), 3);
  out += 'Z';
}

void append_apache_time(std::string& out, std::uint64_t unix_ms) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const Moment moment(unix_ms);
  out += '[';
  append_number(out, static_cast<unsigned>(moment.date.day()), 2);
  out += '/';
  out += kMonths.substr((static_cast<unsigned>(moment.date.month()) - 1) * 3, 3);
  out += '/';
  append_number(out, static_cast<std::uint64_t>(static_cast<int>(moment.date.year())), 4);
  out += ':';
  append_clock(out, moment);
  out += " +0000]";
}

}  // namespace penstock
