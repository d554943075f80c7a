#include "balancers/latency.h"

#include <gtest/gtest.h>

#include <cmath>

namespace penstock::balancers {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kDecay = 10'000 * kMs;

/// An endpoint whose answers are timed.
class LatencyTest : public testing::Test {
 protected:
  void answers_after(std::uint64_t ms) { observe_latency(load_, ms * kMs, now_, kDecay); }
  void fails_after(std::uint64_t ms, std::uint64_t typical_ms = 0) {
    observe_failure(load_, ms * kMs, typical_ms * kMs, now_, kDecay);
  }
  void wait(std::uint64_t ms) { now_ += ms * kMs; }
  double latency_ms() const { return latency_at(load_, now_, kDecay) / kMs; }

  Load load_;
  std::uint64_t now_ = 1'000'000 * kMs;
};

TEST_F(LatencyTest, IsUnknownAtFirst) {
  EXPECT_EQ(latency_ms(), 0);
}

TEST_F(LatencyTest, TakesTheFirstAnswerAsItIs) {
  answers_after(5);
  EXPECT_NEAR(latency_ms(), 5, 1e-3);
}

TEST_F(LatencyTest, ASlowAnswerCountsInFullAtOnce) {
  answers_after(5);
  wait(1);
  answers_after(100);
  EXPECT_NEAR(latency_ms(), 100, 1e-3);
}

TEST_F(LatencyTest, AQuickAnswerCountsByTheTimeSinceTheLastOne) {
  answers_after(100);
  wait(1000);
  answers_after(10);
  const double kept = std::exp(-0.1);
  EXPECT_NEAR(latency_ms(), 100 * kept + 10 * (1 - kept), 0.01);
}

TEST_F(LatencyTest, OneDecayLeavesAnEthOfThePeak) {
  answers_after(100);
  wait(10'000);
  EXPECT_NEAR(latency_ms(), 100 * std::exp(-1), 0.01);
}

TEST_F(LatencyTest, FadesAlikeOverAllAges) {
  for (std::uint64_t ms = 0; ms < 60'000; ms += 7) {
    EXPECT_NEAR(faded(ms * kMs, kDecay), std::exp(-static_cast<double>(ms) / 10'000), 1e-4);
  }
}

TEST_F(LatencyTest, AnAnswerInNoTimeIsStillKnown) {
  observe_latency(load_, 0, now_, kDecay);
  EXPECT_GT(latency_ms(), 0);
}

TEST_F(LatencyTest, AQuickFailureDoublesWhatIsKnown) {
  answers_after(20);
  fails_after(0);
  EXPECT_NEAR(latency_ms(), 40, 0.01);
}

TEST_F(LatencyTest, AQuickFailureOfANewcomerCountsAsTwiceWhatItsPeersTake) {
  fails_after(0, 30);
  EXPECT_NEAR(latency_ms(), 60, 0.01);
}

TEST_F(LatencyTest, ASlowFailureCountsInFull) {
  answers_after(20);
  fails_after(2000, 30);
  EXPECT_NEAR(latency_ms(), 2000, 0.1);
}

TEST_F(LatencyTest, FailuresWithoutEndCountAsAMinute) {
  answers_after(20);
  for (int i = 0; i < 100; ++i) fails_after(1);
  EXPECT_NEAR(latency_ms(), 60'000, 1);
}

}  // namespace
}  // namespace penstock::balancers
