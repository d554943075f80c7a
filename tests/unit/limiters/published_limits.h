// Adaptive limits as others have published them, to compare ours with. Constants as in their code; see
// docs/limiters.md.
#pragma once

#include <algorithm>
#include <cmath>

#include "tests/unit/limiters/overload_sim.h"

namespace penstock::limiters {

/// A limit that no one adapts.
class FixedLimit : public LimitPolicy {
 public:
  explicit FixedLimit(std::uint32_t limit) : limit_(limit) {}
  std::uint32_t limit() const override { return limit_; }

 private:
  std::uint32_t limit_;
};

/// Up by one, down by a tenth, each tick, by whether the P99 of the last second is above the target.
class AimdOnP99 : public LimitPolicy {
 public:
  explicit AimdOnP99(double target_ms) : target_ms_(target_ms), ring_(10) {}
  std::uint32_t limit() const override { return static_cast<std::uint32_t>(limit_); }
  void tick(const Tick& tick) override {
    LatencySketch& oldest = ring_[turn_++ % ring_.size()];
    window_.subtract(oldest);
    oldest = tick.latest;
    window_.merge(oldest);
    if (window_.quantile(0.99) > target_ms_ * 1e6) {
      limit_ = std::max(1.0, limit_ * 0.9);
    } else if (2 * tick.peak_in_flight >= limit()) {
      limit_ += 1;
    }
  }

 private:
  double target_ms_;
  double limit_ = 20;
  std::vector<LatencySketch> ring_;
  LatencySketch window_;
  std::size_t turn_ = 0;
};

/// Netflix concurrency-limits, Gradient2Limit, with the tolerance of its newer builds.
class Gradient2 : public LimitPolicy {
 public:
  std::uint32_t limit() const override { return static_cast<std::uint32_t>(limit_); }
  void ended(double latency_ns, std::uint32_t in_flight, bool) override {
    ++samples_;
    const double window = std::min(samples_, 600.0);
    long_ += (latency_ns - long_) * (samples_ <= 10 ? 1 / samples_ : 2 / (window + 1));
    if (long_ / latency_ns > 2) long_ *= 0.95;
    if (in_flight < limit_ / 2) return;
    const double gradient = std::clamp(1.5 * long_ / latency_ns, 0.5, 1.0);
    limit_ = std::clamp(0.8 * limit_ + 0.2 * (gradient * limit_ + 4), 20.0, 200.0);
  }

 private:
  double limit_ = 20;
  double long_ = 0;
  double samples_ = 0;
};

/// Envoy's adaptive_concurrency filter with its defaults, but minRTT measured every 30 s: 50 requests with the limit at
/// 3, gradient on the median each 100 ms with a buffer of 25 %.
class EnvoyGradient : public LimitPolicy {
 public:
  std::uint32_t limit() const override { return measuring_ ? 3 : static_cast<std::uint32_t>(limit_); }
  void ended(double latency_ns, std::uint32_t, bool) override {
    if (!measuring_) return;
    measured_.add(static_cast<std::uint64_t>(latency_ns));
    if (measured_.count() < 50) return;
    min_rtt_ = measured_.quantile(0.5);
    measured_.clear();
    measuring_ = false;
    ticks_ = 0;
  }
  void tick(const Tick& tick) override {
    if (measuring_ || tick.latest.count() == 0) return;
    const double gradient = std::clamp(min_rtt_ * 1.25 / tick.latest.quantile(0.5), 0.5, 2.0);
    limit_ = std::clamp(limit_ * gradient + std::sqrt(limit_), 3.0, 1000.0);
    at_least_ = limit_ <= 3 ? at_least_ + 1 : 0;
    if (++ticks_ >= 300 || at_least_ >= 5) measuring_ = true;
  }

 private:
  bool measuring_ = true;
  double limit_ = 3;
  double min_rtt_ = 0;
  int ticks_ = 0;
  int at_least_ = 0;
  LatencySketch measured_;
};

}  // namespace penstock::limiters
