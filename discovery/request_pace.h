// How often a registry may be asked after one service: registry.h's bound, whatever the registry and however fast it
// changes. After a quiet time it is asked at once.
#pragma once

#include "gateway/base/deadline_wheel.h"

namespace penstock::discovery {

/// At most once in kGap, and kBurst times in kPeriod on average: a token bucket that is full at first, as GCRA
/// (ITU-T I.371) keeps it. Pure; the time is handed in and never goes back.
class RequestPace {
 public:
  static constexpr Nanos kGap = 100 * kNanosPerMilli;
  static constexpr Nanos kPeriod = 15 * kNanosPerSecond;
  static constexpr unsigned kBurst = 10;

  /// 0: now. Else so much later.
  Nanos wait(Nanos now) const;
  /// How long to wait if one wants to wait `wanted` anyway.
  Nanos wait(Nanos now, Nanos wanted) const;
  /// It is asked now.
  void asked(Nanos now);

 private:
  static constexpr Nanos kOne = kPeriod / kBurst;
  Nanos last_ = 0;  ///< 0: never
  /// When the bucket will be full again: it is empty when that is kPeriod away.
  Nanos full_at_ = 0;
};

}  // namespace penstock::discovery
