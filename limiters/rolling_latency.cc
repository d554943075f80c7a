#include "limiters/rolling_latency.h"

namespace penstock::limiters {

RollingLatency::RollingLatency(std::size_t workers, std::size_t sub_windows) : seen_(workers), ring_(sub_windows) {}

void RollingLatency::tick(std::span<const LatencyRecorder* const> workers) {
  newest_ = (newest_ + 1) % ring_.size();
  LatencySketch& sub = ring_[newest_];
  window_.subtract(sub);
  sub.clear();
  for (std::size_t i = 0; i < workers.size(); ++i) workers[i]->collect(seen_[i], sub);
  window_.merge(sub);
}

}  // namespace penstock::limiters
