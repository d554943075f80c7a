// How long an endpoint is out: longer each time that it has to go again soon (Envoy's base_ejection_time and its
// multiplier).
#pragma once

#include <cstdint>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"

namespace penstock::health {

/// Pure; `now` never goes back.
class EjectionTerm {
 public:
  EjectionTerm() = default;
  /// As another one was.
  EjectionTerm(Nanos until, Nanos ended_at, std::uint64_t times) : until_(until), ended_at_(ended_at), times_(times) {}

  bool out() const { return until_ != 0; }
  /// Steady; while out.
  Nanos until() const { return until_; }
  Nanos ended_at() const { return ended_at_; }
  std::uint64_t times() const { return times_; }

  /// It is ejected, for eject_for × the times in a row, at most max_eject_for. Returns how long.
  Nanos begin(Nanos now, const conf::Outlier& settings);
  /// It is taken back, at its time or earlier.
  void end(Nanos now);

 private:
  Nanos until_ = 0;     ///< 0 = not out
  Nanos ended_at_ = 0;  ///< when it was taken back last
  std::uint64_t times_ = 0;
};

}  // namespace penstock::health
