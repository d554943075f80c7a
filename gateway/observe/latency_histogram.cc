#include "gateway/observe/latency_histogram.h"

#include <algorithm>
#include <cmath>

namespace penstock::observe {
namespace {

constexpr unsigned kFirstOctave = 15;  // 2^15 ns = 32.8 µs: whatever is quicker falls into bucket 0
constexpr unsigned kSubBits = 2;

}  // namespace

std::size_t LatencyCounts::bucket_of(std::uint64_t ns) {
  if (ns < std::uint64_t{1} << kFirstOctave) return 0;
  const unsigned octave = static_cast<unsigned>(std::bit_width(ns)) - 1;
  const auto part = static_cast<std::size_t>(ns >> (octave - kSubBits)) & ((1u << kSubBits) - 1);
  return std::min(1 + ((octave - kFirstOctave) << kSubBits) + part, kBuckets - 1);
}

std::uint64_t LatencyCounts::upper_ns(std::size_t bucket) {
  if (bucket == 0) return std::uint64_t{1} << kFirstOctave;
  const std::size_t octave = kFirstOctave + ((bucket - 1) >> kSubBits);
  const std::uint64_t part = (bucket - 1) & ((1u << kSubBits) - 1);
  return ((std::uint64_t{1} << kSubBits) + part + 1) << (octave - kSubBits);
}

LatencyCounts& LatencyCounts::operator+=(const LatencyCounts& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  return *this;
}

LatencyCounts& LatencyCounts::operator-=(const LatencyCounts& earlier) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] -= std::min(counts_[i], earlier.counts_[i]);
  return *this;
}

std::uint64_t LatencyCounts::total() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts_) sum += count;
  return sum;
}

std::uint64_t LatencyCounts::quantile_ns(double q) const {
  const std::uint64_t all = total();
  if (all == 0) return 0;
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(all))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return upper_ns(i);
  }
  return upper_ns(kBuckets - 1);
}

void LazyLatencyHistogram::observe(std::uint64_t ns) {
  Buckets* buckets = buckets_.load(std::memory_order_relaxed);
  if (!buckets) {
    buckets = new Buckets{};
    buckets_.store(buckets, std::memory_order_release);
  }
  std::atomic<std::uint32_t>& bucket = (*buckets)[LatencyCounts::bucket_of(ns)];
  bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

LatencyCounts LazyLatencyHistogram::read() const {
  LatencyCounts counts;
  add_to(counts);
  return counts;
}

void LazyLatencyHistogram::add_to(LatencyCounts& counts) const {
  const Buckets* buckets = buckets_.load(std::memory_order_acquire);
  if (!buckets) return;
  for (std::size_t i = 0; i < LatencyCounts::kBuckets; ++i)
    counts.add(i, (*buckets)[i].load(std::memory_order_relaxed));
}

}  // namespace penstock::observe
