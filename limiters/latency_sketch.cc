#include "limiters/latency_sketch.h"

#include <algorithm>
#include <cmath>

namespace penstock::limiters {
namespace {

constexpr double kShortest_ns = 1'000;
constexpr double kGrowth = (1 + LatencyBuckets::kRelativeError) / (1 - LatencyBuckets::kRelativeError);

std::array<double, LatencyBuckets::kCount> make_values() {
  std::array<double, LatencyBuckets::kCount> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = kShortest_ns * std::pow(kGrowth, static_cast<double>(i)) * 2 / (kGrowth + 1);
  }
  return values;
}

const std::array<double, LatencyBuckets::kCount>& values() {
  static const auto table = make_values();
  return table;
}

}  // namespace

std::size_t LatencyBuckets::index_of(std::uint64_t ns) {
  static const double kInverse = 1 / std::log(kGrowth);
  const double value = static_cast<double>(ns);
  if (value <= kShortest_ns) return 0;
  const auto index = static_cast<std::size_t>(std::ceil(std::log(value / kShortest_ns) * kInverse));
  return std::min(index, kCount - 1);
}

double LatencyBuckets::value_of(std::size_t index) {
  return values()[index];
}

void LatencySketch::add(std::uint64_t ns) {
  ++counts_[LatencyBuckets::index_of(ns)];
  ++total_;
}

void LatencySketch::merge(const LatencySketch& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  total_ += other.total_;
}

void LatencySketch::subtract(const LatencySketch& part) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] -= part.counts_[i];
  total_ -= part.total_;
}

double LatencySketch::quantile(double q) const {
  if (total_ == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(total_ - 1));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i];
    if (below > rank) return LatencyBuckets::value_of(i);
  }
  return LatencyBuckets::value_of(counts_.size() - 1);
}

double LatencySketch::mean() const {
  double sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) sum += counts_[i] * values()[i];
  return total_ == 0 ? 0 : sum / static_cast<double>(total_);
}

void LatencyRecorder::record(std::uint64_t ns) {
  auto& count = counts_[LatencyBuckets::index_of(ns)];
  // One writer: a plain addition is enough, and a locked one would cost ten times as much.
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void LatencyRecorder::collect(LatencySketch& seen, LatencySketch& into) const {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const std::uint32_t now = counts_[i].load(std::memory_order_relaxed);
    const std::uint32_t fresh = now - seen.counts_[i];
    seen.counts_[i] = now;
    into.counts_[i] += fresh;
    into.total_ += fresh;
  }
}

}  // namespace penstock::limiters
