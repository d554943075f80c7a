#include "limiters/latency_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

#include "limiters/rolling_latency.h"
#include "tests/unit/limiters/reservoir.h"

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kMilli = 1'000'000;

/// Latencies around 5 ms with a very long tail: p99 is a hundred times the median.
std::vector<std::uint64_t> long_tailed(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> distribution(std::log(5e6), 2.0);
  std::vector<std::uint64_t> result(count);
  for (auto& ns : result) ns = static_cast<std::uint64_t>(std::clamp(distribution(random), 1e3, 6e10));
  return result;
}

double exact_quantile(std::vector<std::uint64_t> samples, double q) {
  std::sort(samples.begin(), samples.end());
  return static_cast<double>(samples[static_cast<std::size_t>(q * static_cast<double>(samples.size() - 1))]);
}

LatencySketch sketch_of(const std::vector<std::uint64_t>& samples) {
  LatencySketch sketch;
  for (std::uint64_t ns : samples) sketch.add(ns);
  return sketch;
}

TEST(LatencySketch, IsWithinOnePercentFromAMicrosecondToAMinute) {
  for (double ns = 1000; ns <= 6e10; ns *= 1.0037) {
    const auto exact = static_cast<std::uint64_t>(ns);
    const double value = LatencyBuckets::value_of(LatencyBuckets::index_of(exact));
    ASSERT_NEAR(value / static_cast<double>(exact), 1.0, 0.0101) << ns;
  }
}

TEST(LatencySketch, CountsWhatIsBeyondItsEndsAtTheEnds) {
  EXPECT_EQ(LatencyBuckets::index_of(0), 0u);
  EXPECT_EQ(LatencyBuckets::index_of(~std::uint64_t{0}), LatencyBuckets::kCount - 1);
  EXPECT_GT(LatencyBuckets::value_of(LatencyBuckets::kCount - 1), 0.99 * 6e10);
}

TEST(LatencySketch, ReadsTheP99OfALongTailToOnePercent) {
  const auto samples = long_tailed(1'000'000, 1);
  const LatencySketch sketch = sketch_of(samples);
  for (double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    EXPECT_NEAR(sketch.quantile(q) / exact_quantile(samples, q), 1.0, 0.0101) << q;
  }
}

TEST(LatencySketch, KnowsNothingWhenEmpty) {
  EXPECT_EQ(LatencySketch().quantile(0.99), 0);
  EXPECT_EQ(LatencySketch().mean(), 0);
}

TEST(LatencySketch, OfSixteenWorkersIsTheSketchOfAllBitByBit) {
  const auto samples = long_tailed(160'000, 2);
  std::vector<LatencySketch> workers(16);
  for (std::size_t i = 0; i < samples.size(); ++i) workers[i % 16].add(samples[i]);
  LatencySketch merged;
  for (const auto& worker : workers) merged.merge(worker);
  EXPECT_EQ(merged, sketch_of(samples));
}

TEST(LatencySketch, IsTenTimesAsNarrowAsAReservoir) {
  double worst_sketch = 0;
  double worst_reservoir = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto samples = long_tailed(50'000, seed);
    Reservoir reservoir(seed);
    for (std::uint64_t ns : samples) reservoir.add(ns);
    const double exact = exact_quantile(samples, 0.99);
    worst_sketch = std::max(worst_sketch, std::abs(sketch_of(samples).quantile(0.99) / exact - 1));
    worst_reservoir = std::max(worst_reservoir, std::abs(reservoir.quantile(0.99) / exact - 1));
  }
  EXPECT_LE(worst_sketch, 0.0101);
  EXPECT_GE(worst_reservoir, 0.15);
}

/// One worker at 1000 requests a second, and the ticks of the thread that reads it.
struct RollingWindow : testing::Test {
  void tick_at(std::uint64_t ns) {
    for (int i = 0; i < 100; ++i) recorder.record(ns);
    rolling.tick(std::vector<const LatencyRecorder*>{&recorder});
  }
  double p99_ms() const { return rolling.window().quantile(0.99) / 1e6; }

  LatencyRecorder recorder;
  RollingLatency rolling{1};
};

TEST_F(RollingWindow, SeesAStepWithinATick) {
  for (int i = 0; i < 100; ++i) tick_at(10 * kMilli);
  EXPECT_NEAR(p99_ms(), 10, 0.1);
  tick_at(100 * kMilli);
  EXPECT_NEAR(p99_ms(), 100, 1);
}

TEST_F(RollingWindow, HasForgottenTheStepAfterItsLength) {
  tick_at(100 * kMilli);
  for (int i = 0; i < 9; ++i) tick_at(10 * kMilli);
  EXPECT_NEAR(p99_ms(), 100, 1);
  tick_at(10 * kMilli);
  EXPECT_NEAR(p99_ms(), 10, 0.1);
  EXPECT_EQ(rolling.window().count(), 1000u);
  EXPECT_EQ(rolling.latest().count(), 100u);
}

TEST_F(RollingWindow, LosesNoSampleOfAWorkerThatWritesMeanwhile) {
  std::atomic<bool> done{false};
  std::thread worker([&] {
    for (int i = 0; i < 200'000; ++i) recorder.record(1000u + static_cast<std::uint64_t>(i));
    done = true;
  });
  std::uint64_t seen = 0;
  const std::vector<const LatencyRecorder*> workers = {&recorder};
  while (!done) {
    rolling.tick(workers);
    seen += rolling.latest().count();
  }
  worker.join();
  rolling.tick(workers);
  EXPECT_EQ(seen + rolling.latest().count(), 200'000u);
}

}  // namespace
}  // namespace penstock::limiters
