// The latencies of the last second, from any number of workers: K sub-windows, the oldest dropped at each tick.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "limiters/latency_sketch.h"

namespace penstock::limiters {

/// Belongs to the thread that ticks. The recorders are the workers'; they must be the same, in the same order, at every
/// tick. What a tick returns is so old as the ticks are apart; the window is `sub_windows` ticks long.
class RollingLatency {
 public:
  explicit RollingLatency(std::size_t workers, std::size_t sub_windows = 10);

  /// Closes a sub-window: what the workers have recorded since the last tick.
  void tick(std::span<const LatencyRecorder* const> workers);

  const LatencySketch& latest() const { return ring_[newest_]; }  ///< since the tick before; valid until the next tick
  const LatencySketch& window() const { return window_; }         ///< of all sub-windows

 private:
  std::vector<LatencySketch> seen_;  ///< by worker
  std::vector<LatencySketch> ring_;
  LatencySketch window_;
  std::size_t newest_ = 0;
};

}  // namespace penstock::limiters
