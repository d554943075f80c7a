#include "limiters/rate_clock.h"

#include <bit>
#include <cmath>

namespace penstock::limiters {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr unsigned kFinest = 31;  // with kMostRequests a word stays below now + 2^61
constexpr double kMostUnitsPerNs = 2.0;

}  // namespace

RateClock::RateClock(Rate rate) {
  const double per_ns = static_cast<double>(rate.count) / static_cast<double>(rate.period_ns);
  while (shift_ < kFinest && std::ldexp(per_ns, static_cast<int>(shift_) + 1) <= kMostUnitsPerNs) ++shift_;

  // The quotient with all the bits that fit, rounded up: rounded down, a whole period would earn one unit too little.
  const auto room = static_cast<unsigned>(std::countl_zero(rate.count));
  Wide quotient = ((Wide{rate.count} << (63 + room)) + rate.period_ns - 1) / rate.period_ns;
  unsigned exponent = 63 + room;
  while ((quotient >> 62) != 0) {
    quotient = (quotient + 1) >> 1;
    --exponent;
  }
  multiplier_ = static_cast<std::uint64_t>(quotient);
  down_ = exponent - shift_;
  ns_per_unit_ = std::ldexp(1 / per_ns, -static_cast<int>(shift_));
  second_ = at(1'000'000'000);
}

std::uint64_t RateClock::at(std::uint64_t now_ns) const {
  return static_cast<std::uint64_t>((Wide{now_ns} * multiplier_) >> down_);
}

std::uint64_t RateClock::ns_for(std::uint64_t units) const {
  return static_cast<std::uint64_t>(std::ceil(static_cast<double>(units) * ns_per_unit_));
}

std::uint64_t RateClock::converted(std::uint64_t units, const RateClock& other) const {
  return other.shift_ > shift_ ? units >> (other.shift_ - shift_) : units << (shift_ - other.shift_);
}

std::uint64_t RateClock::ahead(std::uint64_t word, std::uint64_t now_units, std::uint64_t most) const {
  if (word <= now_units) return 0;
  const std::uint64_t distance = word - now_units;
  return distance > most + second_ ? most : distance;
}

}  // namespace penstock::limiters
