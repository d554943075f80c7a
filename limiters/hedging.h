// When a second try is begun beside one that takes long, and how many are (Dean & Barroso, "The tail at scale", CACM
// 2013): after the P95 of what answers take, so that one request in twenty is concerned.
//
// That is so only while answers take what they took before. When all become slow, all would be asked twice, which is
// the last thing that helps; so one in twenty is also the most there may be, whatever the P95.
#pragma once

#include <cstdint>

#include "limiters/latency_sketch.h"

namespace penstock::limiters {

/// One worker's, for one upstream; belongs to its thread. 7.2 KB. Times are ns, `now_ns` of one steady clock.
class Hedging {
 public:
  static constexpr std::uint64_t kLeastSamples = 100;
  static constexpr std::uint32_t kRequestsPerHedge = 20;
  static constexpr std::uint32_t kMostSaved = 20;  ///< hedges, for stalls that come together
  static constexpr std::uint64_t kWindow_ns = 5'000'000'000;
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

  /// What an answer took.
  void answered(std::uint64_t took_ns, std::uint64_t now_ns);
  /// A try was given up after so long: it would have taken more. Counted if that says something of the P95.
  void gave_up(std::uint64_t after_ns, std::uint64_t now_ns);

  /// Of the last one to two windows, never too low and at most 2 % too high; windows of few answers are longer.
  /// kUnknown while there have been fewer than kLeastSamples.
  std::uint64_t p95_ns() const { return p95_ns_; }

  /// Once for each request that would be hedged if it took too long.
  void count_request();
  /// True if a second try may be begun; counts it.
  bool try_hedge();

 private:
  void look();

  LatencySketch latest_;
  LatencySketch before_;
  std::uint64_t window_began_ns_ = 0;
  std::uint64_t p95_ns_ = kUnknown;
  std::uint32_t unseen_ = 0;  ///< answers since the last look
  std::uint32_t saved_ = kMostSaved * kRequestsPerHedge;
};

}  // namespace penstock::limiters
