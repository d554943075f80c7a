#include "gateway/observe/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <vector>

#include "gateway/base/random.h"

namespace penstock::observe {
namespace {

constexpr std::uint64_t kMilli = 1'000'000;

LatencyCounts counted(std::initializer_list<std::uint64_t> latencies) {
  LatencyCounts counts;
  for (const std::uint64_t ns : latencies) counts.add(LatencyCounts::bucket_of(ns));
  return counts;
}

TEST(LatencyCounts, BucketsMeetWithoutGapOrOverlap) {
  for (std::size_t i = 0; i + 1 < LatencyCounts::kBuckets; ++i) {
    EXPECT_EQ(LatencyCounts::bucket_of(LatencyCounts::upper_ns(i) - 1), i);
    EXPECT_EQ(LatencyCounts::bucket_of(LatencyCounts::upper_ns(i)), i + 1);
  }
}

TEST(LatencyCounts, HaveABucketForZeroAndForForever) {
  EXPECT_EQ(LatencyCounts::bucket_of(0), 0u);
  EXPECT_EQ(LatencyCounts::bucket_of(UINT64_MAX), LatencyCounts::kBuckets - 1);
  EXPECT_GT(LatencyCounts::upper_ns(LatencyCounts::kBuckets - 1), 134'000'000'000u);
}

TEST(LatencyCounts, AQuantileIsNeverBelowTheTrueOneAndAtMostAQuarterAbove) {
  Random random(7);
  std::vector<std::uint64_t> latencies;
  LatencyCounts counts;
  for (int i = 0; i < 10'000; ++i) {
    // Evenly over five orders of magnitude, from 100 µs.
    const double exponent = 5 + 5 * static_cast<double>(random.below(1'000'000)) / 1e6;
    latencies.push_back(static_cast<std::uint64_t>(std::pow(10, exponent)));
    counts.add(LatencyCounts::bucket_of(latencies.back()));
  }
  std::sort(latencies.begin(), latencies.end());
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto truth = static_cast<double>(latencies[static_cast<std::size_t>(std::ceil(q * 10'000)) - 1]);
    EXPECT_GE(static_cast<double>(counts.quantile_ns(q)), truth);
    EXPECT_LE(static_cast<double>(counts.quantile_ns(q)), truth * 1.25);
  }
}

TEST(LatencyCounts, TheQuantileOfNothingIsZeroAndThatOfOneIsItsOwn) {
  EXPECT_EQ(LatencyCounts().quantile_ns(0.99), 0u);
  const LatencyCounts one = counted({5 * kMilli});
  EXPECT_EQ(one.quantile_ns(0), one.quantile_ns(1));
  EXPECT_NEAR(static_cast<double>(one.quantile_ns(0.5)), 5e6, 1.25e6);
}

TEST(LatencyCounts, AddedTheyAreAsIfCountedTogether) {
  LatencyCounts sum = counted({kMilli, 7 * kMilli});
  sum += counted({kMilli, 90 * kMilli});
  const LatencyCounts together = counted({kMilli, kMilli, 7 * kMilli, 90 * kMilli});
  for (std::size_t i = 0; i < LatencyCounts::kBuckets; ++i) EXPECT_EQ(sum.at(i), together.at(i));
}

TEST(LatencyCounts, LessAnEarlierStateTheyAreWhatCameSince) {
  const LatencyCounts earlier = counted({kMilli, 7 * kMilli});
  LatencyCounts now = earlier;
  now += counted({90 * kMilli});
  now -= earlier;
  EXPECT_EQ(now.total(), 1u);
  EXPECT_EQ(now.at(LatencyCounts::bucket_of(90 * kMilli)), 1u);
}

TEST(LazyLatencyHistogram, ReadsAsEmptyUntilItHasObserved) {
  LazyLatencyHistogram histogram;
  EXPECT_EQ(histogram.read().total(), 0u);
  histogram.observe(3 * kMilli);
  histogram.observe(3 * kMilli);
  EXPECT_EQ(histogram.read().at(LatencyCounts::bucket_of(3 * kMilli)), 2u);
}

}  // namespace
}  // namespace penstock::observe
