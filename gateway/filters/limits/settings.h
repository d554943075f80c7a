// Settings of the configuration, in the units of limiters.
#pragma once

#include <cstdint>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "limiters/rate_clock.h"

namespace penstock::filters {

inline std::uint64_t nanos(conf::milliseconds duration) {
  return static_cast<std::uint64_t>(duration.count()) * kNanosPerMilli;
}

inline limiters::Rate rate_of(const conf::Rate& rate) {
  return {rate.count, nanos(rate.per)};
}

}  // namespace penstock::filters
