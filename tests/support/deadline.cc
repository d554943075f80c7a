#include "tests/support/deadline.h"

#include <poll.h>

#include <algorithm>

namespace penstock::e2e {

int Deadline::remaining_ms() const {
  const auto left = std::chrono::ceil<milliseconds>(at_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<milliseconds::rep>(0, left.count()));
}

bool eventually(const std::function<bool()>& condition, milliseconds patience) {
  const Deadline deadline(patience);
  for (int pause_ms = 1; !condition(); pause_ms = std::min(2 * pause_ms, 20)) {
    if (deadline.passed()) return false;
    ::poll(nullptr, 0, pause_ms);
  }
  return true;
}

milliseconds Stopwatch::elapsed() const {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start_);
}

}  // namespace penstock::e2e
