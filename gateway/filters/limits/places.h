// Places, as concurrency and adaptive limits count them.
#pragma once

#include <cstdint>
#include <utility>

#include "gateway/filters/limits/limit.h"
#include "limiters/concurrency.h"

namespace penstock::filters {

/// The request holds a place of `limit`'s from then on, or is refused. `reserve`, `beyond`: as for
/// limiters::Concurrency::try_acquire().
inline Ruling take_place(limiters::Concurrency& places, Limit& limit, Hold& hold, std::uint32_t reserve,
                         std::uint32_t beyond = 0) {
  limiters::Permit permit = places.try_acquire(reserve, beyond);
  if (!permit) return Ruling::refused(kSoon);
  hold.limit = &limit;
  hold.permit = std::move(permit);
  return {};
}

inline Limit::Levels levels_of(const limiters::Concurrency& places) {
  Limit::Levels levels;
  levels.in_flight = places.in_flight();
  levels.limit = places.limit();
  return levels;
}

}  // namespace penstock::filters
