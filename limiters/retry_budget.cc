#include "limiters/retry_budget.h"

#include "limiters/window_word.h"

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kWindow_ns = 1'000'000'000;

}  // namespace

void RetryBudget::count_request(std::uint64_t now_ns) {
  std::uint64_t old = requests_.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t index = WindowMoment::at(now_ns, kWindow_ns, old).index;
    const std::uint64_t fresh = WindowCounts::of(old, index).plus(1).packed(index);
    if (requests_.compare_exchange_weak(old, fresh, std::memory_order_relaxed)) return;
  }
}

bool RetryBudget::try_retry(std::uint64_t now_ns) {
  const std::uint64_t word = requests_.load(std::memory_order_relaxed);
  const WindowMoment seen = WindowMoment::at(now_ns, kWindow_ns, word);
  const double requests = WindowCounts::of(word, seen.index).estimate(seen, kWindow_ns);
  const double allowed = settings_.share * requests + settings_.floor_per_s;
  std::uint64_t old = retries_.load(std::memory_order_relaxed);
  for (;;) {
    const WindowMoment moment = WindowMoment::at(now_ns, kWindow_ns, old);
    const WindowCounts retries = WindowCounts::of(old, moment.index);
    if (retries.estimate(moment, kWindow_ns) + 1 > allowed) return false;
    if (retries_.compare_exchange_weak(old, retries.plus(1).packed(moment.index), std::memory_order_relaxed)) {
      return true;
    }
  }
}

}  // namespace penstock::limiters
