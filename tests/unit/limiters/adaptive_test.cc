#include "limiters/adaptive.h"

#include <gtest/gtest.h>

#include "tests/unit/limiters/overload_sim.h"

namespace penstock::limiters {
namespace {

/// The limiter as the gateway uses it: told every 100 ms, asked at every request.
class Adaptive : public LimitPolicy {
 public:
  explicit Adaptive(AdaptiveSettings settings = {}) : limit_(settings) {}
  std::uint32_t limit() const override { return limit_.limit(); }
  void tick(const Tick& tick) override { limit_.tick({100'000'000, &tick.latest, tick.peak_in_flight, tick.refused}); }
  const AdaptiveLimit& state() const { return limit_; }
  void recall(const AdaptiveMemory& memory) { limit_.recall(memory); }

 private:
  AdaptiveLimit limit_;
};

constexpr std::uint64_t kMilli = 1'000'000;
constexpr double kUnloadedP99 = 46;  // ms, of an exponential service time of 10 ms
constexpr double kQueueTarget = 10;  // ms: as many waiting as are served

/// Ten servers, 10 ms each, with a limiter before them that nobody has tuned.
struct AdaptiveLimitOn : testing::TestWithParam<int> {
  OverloadSim::Report run(double load, double seconds) { return sim.run(load, seconds); }
  void expect_good(const OverloadSim::Report& report, double unloaded_p99 = kUnloadedP99) {
    EXPECT_GE(report.goodput, 0.95);
    EXPECT_LE(report.p99_ms, 1.5 * unloaded_p99 + kQueueTarget);
  }

  Adaptive policy;
  OverloadSim sim{policy, static_cast<std::uint64_t>(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(Seed, AdaptiveLimitOn, testing::Range(1, 4));

TEST_P(AdaptiveLimitOn, AColdStartFindsTheLimitByItself) {
  for (double load : {1.2, 2.0, 5.0, 10.0}) {
    Adaptive cold;
    OverloadSim upstream(cold, static_cast<std::uint64_t>(GetParam()));
    upstream.run(load, 2);
    SCOPED_TRACE(load);
    expect_good(upstream.run(load, 30));
  }
}

TEST_P(AdaptiveLimitOn, ANewOneGoesOnFromWhatAnotherHasLearned) {
  run(2, 20);
  Adaptive next;
  next.recall(policy.state().memory());
  EXPECT_EQ(next.limit(), policy.limit());
  OverloadSim upstream(next, static_cast<std::uint64_t>(GetParam()));
  expect_good(upstream.run(2, 5));
}

TEST_P(AdaptiveLimitOn, AStepOfDemandIsHeldWithinTwoSeconds) {
  run(0.5, 20);
  run(5, 2);
  const auto held = run(5, 30);
  expect_good(held);
  EXPECT_GE(held.mean_limit, 10);
  EXPECT_LE(held.most_limit, 40);
}

TEST_P(AdaptiveLimitOn, ServersThatBecomeSlowerAreFollowedAndServersThatComeBackToo) {
  run(2, 10);
  sim.service = 0.020;
  run(2, 5);
  // A client that waits 100 ms for what takes 20 on average misses 2 % even without a limit.
  const auto slower = run(2, 20);
  EXPECT_GE(slower.goodput, 0.93);
  EXPECT_LE(slower.p99_ms, 100);
  EXPECT_LE(slower.most_limit, 40);
  sim.service = 0.010;
  run(2, 5);
  expect_good(run(2, 20));
}

TEST_P(AdaptiveLimitOn, ServersThatFailAreFollowedAndServersThatComeBackToo) {
  run(2, 10);
  sim.set_servers(5);
  run(4, 5);
  expect_good(run(4, 20));
  sim.set_servers(10);
  run(2, 5);
  expect_good(run(2, 20));
}

TEST_P(AdaptiveLimitOn, AnIdleMinuteChangesNothing) {
  run(2, 10);
  const double before = run(2, 10).mean_limit;
  run(0, 60);
  EXPECT_GE(policy.limit(), 0.7 * before);
  run(5, 1);
  expect_good(run(5, 20));
}

TEST_P(AdaptiveLimitOn, AFewVeryFastAnswersDoNotLowerIt) {
  run(2, 20);
  const double before = run(2, 30).mean_limit;
  sim.fast_share = 0.01;
  EXPECT_GE(run(2, 30).mean_limit, 0.8 * before);
}

TEST_P(AdaptiveLimitOn, ALoadThatTheServersCanBearIsNotRefused) {
  run(0.8, 20);
  const auto steady = run(0.8, 120);
  EXPECT_LT(steady.refused, 0.001);
  EXPECT_GE(steady.least_limit, 15);
}

TEST_P(AdaptiveLimitOn, TenMinutesOfOverloadDoNotPassForTheNormalState) {
  run(5, 5);
  expect_good(run(5, 600));
  EXPECT_NEAR(policy.state().baseline_ns() / 1e6, 10, 2.5);
}

/// The same, with a target for the P99.
struct AdaptiveLimitWithTarget : AdaptiveLimitOn {
  static AdaptiveSettings target_ms(std::uint64_t ms) { return {.p99_target_ns = ms * kMilli}; }
};
INSTANTIATE_TEST_SUITE_P(Seed, AdaptiveLimitWithTarget, testing::Range(1, 4));

TEST_P(AdaptiveLimitWithTarget, TheP99IsHeldThere) {
  for (std::uint64_t target : {55u, 60u, 75u}) {
    Adaptive with_target(target_ms(target));
    OverloadSim upstream(with_target, static_cast<std::uint64_t>(GetParam()));
    upstream.run(3, 5);
    const auto report = upstream.run(3, 60);
    EXPECT_NEAR(report.p99_ms, static_cast<double>(target), 0.08 * static_cast<double>(target));
    EXPECT_GE(report.goodput, 0.95);
  }
}

TEST_P(AdaptiveLimitWithTarget, TheP99IsHeldAlsoWhereTheLoadIsHardlyTooMuch) {
  Adaptive with_target(target_ms(60));
  OverloadSim upstream(with_target, static_cast<std::uint64_t>(GetParam()));
  upstream.run(1.2, 20);
  const auto report = upstream.run(1.2, 60);
  EXPECT_LE(report.p99_ms, 66);
  EXPECT_GE(report.goodput, 0.95);
}

TEST_P(AdaptiveLimitWithTarget, ALoadThatTheServersCanBearIsNotRefused) {
  Adaptive with_target(target_ms(75));
  OverloadSim upstream(with_target, static_cast<std::uint64_t>(GetParam()));
  upstream.run(0.8, 20);
  EXPECT_LT(upstream.run(0.8, 120).refused, 0.001);
}

TEST_P(AdaptiveLimitWithTarget, ATargetThatCannotBeHeldDoesNotPinTheLimitLow) {
  Adaptive with_target(target_ms(30));
  OverloadSim upstream(with_target, static_cast<std::uint64_t>(GetParam()));
  upstream.run(3, 5);
  const auto report = upstream.run(3, 60);
  EXPECT_GE(report.goodput, 0.90);
  EXPECT_LE(report.p99_ms, 1.25 * kUnloadedP99);
}

TEST(AdaptiveLimit, ServesAnUpstreamWithASingleServer) {
  Adaptive policy;
  OverloadSim upstream(policy, 1);
  upstream.set_servers(1);
  upstream.deadline = 1;
  upstream.run(3, 30);
  const auto report = upstream.run(3, 120);
  EXPECT_GE(report.goodput, 0.9);
  EXPECT_LE(report.mean_limit, 5);
}

TEST(AdaptiveLimit, HoldsStillWithoutSamples) {
  AdaptiveLimit limit({.initial = 50});
  const LatencySketch none;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(limit.tick({100'000'000, &none, 50, 1000}), 50u);
}

TEST(AdaptiveLimit, StaysWithinItsEnds) {
  AdaptiveLimit limit({.initial = 20, .least = 15, .most = 30});
  LatencySketch latencies;
  for (int i = 0; i < 1000; ++i) latencies.add((i % 2 == 0 ? 1 : 1000) * kMilli);
  for (int i = 0; i < 100; ++i) {
    limit.tick({100'000'000, &latencies, 30, 10});
    EXPECT_GE(limit.limit(), 15u);
    EXPECT_LE(limit.limit(), 30u);
  }
}

}  // namespace
}  // namespace penstock::limiters
