// Checks one endpoint again and again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "gateway/base/random.h"
#include "gateway/health/probe.h"

namespace penstock::health {

/// On the loop's thread; has at most one socket. Destroyed, it is gone at once.
class Checker {
 public:
  /// After each check. The owner says how to go on with again(), or destroys the checker.
  using Checked = std::function<void(bool passed, const std::string& why)>;

  /// The first check comes within min(interval, 1 s), at a random time of it. `how` outlives it. `seed`: of the jitter.
  Checker(io::Loop& loop, const conf::HealthCheck& how, ProbeTarget target, std::uint64_t seed, Checked checked);

  /// The next check: after the interval, or, if the owner `hurries`, after min(interval, 1 s); ± 10 %. The first
  /// interval is a random part of one, so that checkers that began together don't stay together.
  void again(bool hurries);

 private:
  void check();
  void wait(Nanos time);
  Nanos quick() const;

  io::Loop& loop_;
  const conf::HealthCheck& how_;
  Random random_;
  Deadline next_;
  bool spread_ = false;  ///< has waited for its random part of an interval
  Probe probe_;
};

}  // namespace penstock::health
