#include "limiters/concurrency.h"

namespace penstock::limiters {

Permit Concurrency::try_acquire(std::uint32_t reserve, std::uint32_t beyond) {
  const std::uint32_t all = limit();
  const std::uint32_t limit = (all > reserve ? all - reserve : 0) + beyond;
  std::uint32_t count = in_flight();
  // Not add-and-take-back: those who are about to take back would keep out others for whom there is room.
  while (count < limit) {
    if (in_flight_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) {
      note_peak(count + 1);
      return Permit(this);
    }
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return Permit();
}

std::uint32_t Concurrency::take_peak() {
  return peak_.exchange(in_flight(), std::memory_order_relaxed);
}

void Concurrency::note_peak(std::uint32_t in_flight) {
  std::uint32_t peak = peak_.load(std::memory_order_relaxed);
  while (peak < in_flight && !peak_.compare_exchange_weak(peak, in_flight, std::memory_order_relaxed)) {
  }
}

}  // namespace penstock::limiters
