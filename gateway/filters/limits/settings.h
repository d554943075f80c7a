// Settings of the configuration, in the units of limiters.
#pragma once

#include <algorithm>
#include <cstdint>

#include "conf/config.h"
#include "gateway/base/nanos.h"
#include "limiters/rate_clock.h"

namespace penstock::filters {

/// Rounded up, at least one: as the RateLimit-Policy field has it.
inline std::uint64_t whole_seconds(conf::milliseconds duration) {
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(duration.count() + 999) / 1000);
}

inline limiters::Rate rate_of(const conf::Rate& rate) {
  return {rate.count, nanos(rate.per)};
}

}  // namespace penstock::filters
