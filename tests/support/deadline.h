// How long the end-to-end tests wait for something, and the one place where they wait for a condition.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace penstock::e2e {

using std::chrono::milliseconds;

/// Long enough for a sanitizer build on a busy machine; only a failing test ever waits this long.
inline constexpr milliseconds kPatience{10'000};

/// What the harness throws; GoogleTest turns it into a failure of the test.
struct HarnessError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Nothing came, or went, in time.
struct TimedOut : HarnessError {
  using HarnessError::HarnessError;
};

/// A point in time that a wait may not pass.
class Deadline {
 public:
  explicit Deadline(milliseconds patience = kPatience) : at_(std::chrono::steady_clock::now() + patience) {}
  /// Never negative; rounded up, so that poll() doesn't spin through the last millisecond.
  int remaining_ms() const;
  bool passed() const { return remaining_ms() == 0; }

 private:
  std::chrono::steady_clock::time_point at_;
};

/// Asks again, after 1 ms at first and up to 20 ms later, until the condition holds. For states that nobody announces
/// (a file's size, a process's memory); everything else waits on a socket, a pipe or a condition variable. False when
/// patience ran out.
bool eventually(const std::function<bool()>& condition, milliseconds patience = kPatience);

/// Measures how long something took.
class Stopwatch {
 public:
  milliseconds elapsed() const;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace penstock::e2e
