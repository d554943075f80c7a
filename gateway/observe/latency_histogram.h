// Latencies in logarithmic buckets: any percentile to within 25 %, in 360 bytes a worker, and two can be added or
// subtracted.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace penstock::observe {

/// Four buckets to each doubling, from 33 µs to 137 s.
class LatencyCounts {
 public:
  static constexpr std::size_t kBuckets = 89;

  /// 0 … kBuckets-1.
  static std::size_t bucket_of(std::uint64_t ns);
  /// The upper bound of a bucket.
  static std::uint64_t upper_ns(std::size_t bucket);

  std::uint64_t at(std::size_t bucket) const { return counts_[bucket]; }
  void add(std::size_t bucket, std::uint64_t n = 1) { counts_[bucket] += n; }
  /// n ≤ at(bucket).
  void remove(std::size_t bucket, std::uint64_t n) { counts_[bucket] -= n; }
  LatencyCounts& operator+=(const LatencyCounts& other);
  /// `earlier` is an earlier state of the same counts.
  LatencyCounts& operator-=(const LatencyCounts& earlier);
  std::uint64_t total() const;
  /// The upper bound of the bucket that the quantile (0 … 1) lies in; 0 if nothing has been counted.
  std::uint64_t quantile_ns(double q) const;

 private:
  std::array<std::uint64_t, kBuckets> counts_{};
};

/// One writer, any reader. Takes its memory when it is first written to.
class LazyLatencyHistogram {
 public:
  LazyLatencyHistogram() = default;
  ~LazyLatencyHistogram() { delete buckets_.load(std::memory_order_relaxed); }
  LazyLatencyHistogram(const LazyLatencyHistogram&) = delete;
  LazyLatencyHistogram& operator=(const LazyLatencyHistogram&) = delete;

  void observe(std::uint64_t ns);
  LatencyCounts read() const;
  void add_to(LatencyCounts& counts) const;

 private:
  using Buckets = std::array<std::atomic<std::uint32_t>, LatencyCounts::kBuckets>;
  std::atomic<Buckets*> buckets_{nullptr};
};

}  // namespace penstock::observe
