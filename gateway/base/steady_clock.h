// The steady clock, for what is in no loop's turn.
#pragma once

#include <time.h>

#include "gateway/base/nanos.h"

namespace penstock {

/// CLOCK_MONOTONIC, which libuv goes by, too. Costs a call; inside a loop's turn Loop::now() is at hand. Any thread.
inline Nanos steady_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return nanos(time);
}

}  // namespace penstock
