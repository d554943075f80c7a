// `adaptive`: the requests under way at once that the upstream can bear, as its latency shows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/filters/limits/concurrency.h"
#include "limiters/adaptive.h"
#include "limiters/rolling_latency.h"

namespace penstock::filters {

/// Workers take places and record how long requests took; the control thread learns from that, a tick at a time.
class AdaptiveLimit final : public ConcurrencyLimit {
 public:
  AdaptiveLimit(const conf::Limit& config, std::string where, unsigned workers);

  void release(Hold& hold, const Ending& ending) override;
  /// A new process that begins with the first guess would refuse most of the load until it has learned it anew.
  std::string memory() const override;
  void recall(std::string_view bytes) override;
  Levels levels(Nanos now, std::uint64_t unix_ms) const override;
  bool wants_ticks() const override { return true; }
  void tick(Nanos now) override;

 private:
  std::uint32_t reserve(std::uint64_t limit, const Asked& asked) const override;
  std::uint32_t beyond(std::uint64_t limit, const Asked& asked) const override;

  std::vector<limiters::LatencyRecorder> recorders_;  ///< by worker
  std::vector<const limiters::LatencyRecorder*> readers_;
  // The control thread's.
  limiters::RollingLatency latency_;
  limiters::AdaptiveLimit adaptive_;
  Nanos last_tick_ = 0;
};

}  // namespace penstock::filters
