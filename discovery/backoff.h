// How long to wait before asking a registry again that has failed: full jitter, so that gateways don't come back as one
// (Brooker, "Exponential backoff and jitter", 2015).
#pragma once

#include <cstdint>

#include "gateway/base/deadline_wheel.h"

namespace penstock::discovery {

/// Pure; the random bits and the time are handed in.
class Backoff {
 public:
  static constexpr Nanos kFirst = 200 * kNanosPerMilli;
  static constexpr Nanos kLongest = 30 * kNanosPerSecond;
  /// Failures are forgotten after so long a time without any.
  static constexpr Nanos kForgottenAfter = 60 * kNanosPerSecond;

  /// Something has failed: the wait before the next try. Even in [least, span], the span doubling from kFirst to
  /// `longest`; half of kFirst is the least, so that nothing spins.
  Nanos failed(Nanos now, std::uint64_t random);
  /// Something worked.
  void worked(Nanos now);

  explicit Backoff(Nanos longest = kLongest) : longest_(longest) {}

 private:
  const Nanos longest_;
  std::uint32_t in_a_row_ = 0;
  Nanos healthy_since_ = 0;  ///< 0: it is not
};

}  // namespace penstock::discovery
