#include "limiters/fixed_window.h"

#include <algorithm>

namespace penstock::limiters {
namespace {

constexpr std::uint32_t kMostBack = 1024;  // windows that a clock may be set back

std::uint32_t index_of(std::uint64_t word) {
  return static_cast<std::uint32_t>(word >> 32);
}

std::uint32_t count_of(std::uint64_t word, std::uint32_t index) {
  const std::uint32_t passed = index - index_of(word);
  const bool same = passed == 0 || passed > ~kMostBack;
  return same ? static_cast<std::uint32_t>(word) : 0;
}

}  // namespace

Verdict FixedWindow::take(Word& word, std::uint64_t now_ns, std::uint32_t cost) const {
  const auto now = static_cast<std::uint32_t>(now_ns / window_ns_);
  std::uint64_t old = word.load(std::memory_order_relaxed);
  for (;;) {
    // A worker whose clock is just short of an edge that another has passed counts beyond it.
    const bool one_behind = old != 0 && index_of(old) == now + 1;
    const std::uint32_t index = one_behind ? now + 1 : now;
    const std::uint64_t ends_in = window_ns_ - (one_behind ? 0 : now_ns % window_ns_);
    const std::uint32_t count = count_of(old, index);
    const std::uint32_t left = limit_ - std::min(count, limit_);  // the limit may have been higher when they came
    const bool admitted = cost <= left;
    const std::uint32_t after = admitted ? count + cost : count;
    const std::uint64_t fresh = std::uint64_t{index} << 32 | after;
    if (fresh != old && !word.compare_exchange_weak(old, fresh, std::memory_order_relaxed)) continue;
    const std::uint64_t wait = cost > limit_ ? kNever : ends_in;
    return {admitted, admitted ? 0 : wait, admitted ? left - cost : left, after > 0 ? ends_in : 0};
  }
}

bool FixedWindow::recovered(std::uint64_t word, std::uint64_t now_ns) const {
  return count_of(word, static_cast<std::uint32_t>(now_ns / window_ns_)) == 0;
}

}  // namespace penstock::limiters
