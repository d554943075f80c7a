// What the calling thread has worked so far. A bound on a thread's share that goes by the clock would count the time in
// which others had the core.
#pragma once

#include <ctime>

#include "gateway/base/nanos.h"

namespace penstock::io {

inline Nanos thread_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return nanos(time);
}

}  // namespace penstock::io
