// Latencies in logarithmic buckets: any quantile to 1 % of its value, and sketches that add up exactly.
//
// The mapping is DDSketch's (Masson, Rim & Lee, VLDB 2019): bucket i holds (min * g^(i-1), min * g^i], g = 1.01 / 0.99.
// Why not a sample (Vitter's reservoir): docs/limiters.md has the figures.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace penstock::limiters {

/// Where a latency is counted. From 1 us to 60 s; what is outside counts as the nearest end.
struct LatencyBuckets {
  static constexpr std::size_t kCount = 898;
  static constexpr double kRelativeError = 0.01;
  static std::size_t index_of(std::uint64_t ns);
  /// The value that is within 1 % of all that the bucket holds, in ns.
  static double value_of(std::size_t index);
};

/// A value: counts per bucket. 3.6 KB; belongs to one thread.
class LatencySketch {
 public:
  void add(std::uint64_t ns);
  void merge(const LatencySketch& other);
  /// Takes away what was merged before.
  void subtract(const LatencySketch& part);
  void clear() { *this = LatencySketch(); }

  std::uint64_t count() const { return total_; }
  /// The latency in ns below which `q` in [0, 1] of the samples lie, to 1 %; 0 if there are none.
  double quantile(double q) const;
  /// In ns, to 1 %; 0 if there are none.
  double mean() const;

  bool operator==(const LatencySketch&) const = default;

 private:
  friend class LatencyRecorder;
  std::array<std::uint32_t, LatencyBuckets::kCount> counts_{};
  std::uint64_t total_ = 0;
};

/// What one worker writes and another thread may read at any time. Counts only grow (and wrap at 2^32): who reads takes
/// the difference from the last reading, so nobody has to reset what another thread writes and no sample is lost.
class LatencyRecorder {
 public:
  /// The owning worker only. A time-out is recorded as the time waited; a request that was refused is not recorded.
  void record(std::uint64_t ns);
  /// Any thread. Adds what came since `seen` was last handed in (empty at first) to `into`, and brings `seen` up to
  /// date.
  void collect(LatencySketch& seen, LatencySketch& into) const;

 private:
  std::array<std::atomic<std::uint32_t>, LatencyBuckets::kCount> counts_{};
};

}  // namespace penstock::limiters
