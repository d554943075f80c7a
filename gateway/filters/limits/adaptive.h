// `adaptive`: the requests under way at once that the upstream can bear, as its latency shows.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/filters/limits/limit.h"
#include "limiters/adaptive.h"
#include "limiters/concurrency.h"
#include "limiters/rolling_latency.h"

namespace penstock::filters {

/// Workers take places and record how long requests took; the control thread learns from that, a tick at a time.
class AdaptiveLimit final : public Limit {
 public:
  AdaptiveLimit(const conf::Limit& config, std::string where, unsigned workers);

  Ruling ask(const Asked& asked, Hold& hold) override;
  void release(Hold& hold, const Ending& ending) override;
  /// A new process that begins with the first guess would refuse most of the load until it has learned it anew.
  std::string memory() const override;
  void recall(std::string_view bytes) override;
  Levels levels(Nanos now, std::uint64_t unix_ms) const override;
  bool wants_ticks() const override { return true; }
  void tick(Nanos now) override;

 private:
  // Any thread's.
  limiters::Concurrency places_;
  std::vector<limiters::LatencyRecorder> recorders_;  ///< by worker
  std::atomic<Nanos> typical_{0};                     ///< median of the last seconds; 0: not known yet
  // The control thread's.
  std::vector<const limiters::LatencyRecorder*> readers_;
  limiters::RollingLatency latency_;
  limiters::AdaptiveLimit adaptive_;
  Nanos last_tick_ = 0;
};

}  // namespace penstock::filters
