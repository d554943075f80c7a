#include "limiters/circuit_breaker.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMilli = 1'000'000;
constexpr std::uint64_t kAll = 0;  // the random bits that pass every ramp

/// With resilience4j's defaults.
struct Breaker : testing::Test {
  static BreakerSettings settings() {
    return {.slow_ns = kSecond, .window_ns = 10 * kSecond, .min_requests = 100, .open_ns = 60 * kSecond};
  }
  BreakerPass pass() { return breaker.try_pass(now, kAll); }
  void requests(int count, bool failed, std::uint64_t took_ns = kMilli) {
    for (int i = 0; i < count; ++i) pass().ended(failed, took_ns, now);
  }
  void open() {
    requests(100, true);
    ASSERT_EQ(breaker.state(), BreakerState::kOpen);
  }
  std::vector<BreakerPass> take_probes() {
    std::vector<BreakerPass> probes;
    while (BreakerPass probe = pass()) probes.push_back(std::move(probe));
    return probes;
  }
  std::vector<BreakerPass> half_open() {
    open();
    now += 60 * kSecond;
    return take_probes();
  }

  CircuitBreaker breaker{settings()};
  std::uint64_t now = 1000 * kSecond;
};

TEST_F(Breaker, OpensAtTheHundredthFailureAndNotBefore) {
  requests(99, true);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  requests(1, true);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
  EXPECT_FALSE(pass());
}

TEST_F(Breaker, StaysClosedJustBelowTheRatio) {
  requests(501, false);
  requests(499, true);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  requests(2, true);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
}

TEST_F(Breaker, OpensAtASuccessThatMakesTheFailuresCount) {
  requests(60, true);
  requests(39, false);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  requests(1, false);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
}

TEST_F(Breaker, ForgetsWhatIsOlderThanTheWindow) {
  requests(99, true);
  now += 10 * kSecond;
  requests(50, true);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  EXPECT_EQ(breaker.totals(now).requests, 50u);
}

TEST_F(Breaker, OpensForSlowAnswersIfTold) {
  requests(200, false, 5 * kSecond);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  BreakerSettings with_slow = settings();
  with_slow.slow_ratio = 0.8;
  CircuitBreaker strict(with_slow);
  for (int i = 0; i < 100; ++i) strict.try_pass(now, kAll).ended(false, kSecond, now);
  EXPECT_EQ(strict.state(), BreakerState::kOpen);
}

TEST_F(Breaker, IsTriedAgainWhenItsTimeIsOver) {
  open();
  EXPECT_EQ(breaker.retry_after_ns(now + 20 * kSecond), 40 * kSecond);
  now += 60 * kSecond - kMilli;
  EXPECT_FALSE(pass());
  now += kMilli;
  EXPECT_TRUE(pass());
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
}

TEST_F(Breaker, GivesTenProbesAndClosesWhenTheySucceed) {
  auto probes = half_open();
  ASSERT_EQ(probes.size(), 10u);
  for (auto& probe : probes) probe.ended(false, kMilli, now);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  EXPECT_EQ(breaker.totals(now).requests, 0u);
}

TEST_F(Breaker, OpensAgainAsSoonAsHalfOfTheProbesHaveFailed) {
  auto probes = half_open();
  for (int i = 0; i < 4; ++i) probes[static_cast<std::size_t>(i)].ended(true, kMilli, now);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  probes[4].ended(true, kMilli, now);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
  now += 59 * kSecond;
  EXPECT_FALSE(pass());
}

TEST_F(Breaker, GetsThePermitOfACancelledProbeBack) {
  auto probes = half_open();
  EXPECT_FALSE(pass());
  probes.pop_back();
  EXPECT_TRUE(pass());
}

TEST_F(Breaker, IsNotStuckWhenProbesNeverEnd) {
  auto lost = half_open();
  now += settings().probe_timeout_ns;
  auto fresh = take_probes();
  EXPECT_EQ(fresh.size(), 10u);
  for (auto& probe : lost) probe.ended(true, 30 * kSecond, now);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  for (auto& probe : fresh) probe.ended(false, kMilli, now);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(Breaker, HearsNothingOfRequestsThatBeganInAnEarlierState) {
  std::vector<BreakerPass> before;
  for (int i = 0; i < 50; ++i) before.push_back(pass());
  auto probes = half_open();
  for (auto& late : before) late.ended(true, kMilli, now);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
}

TEST_F(Breaker, LetsTheLoadBackSlowly) {
  auto probes = half_open();
  for (auto& probe : probes) probe.ended(false, kMilli, now);
  const auto admitted_at = [&](std::uint64_t later) {
    int admitted = 0;
    for (std::uint64_t i = 0; i < 100; ++i) admitted += breaker.try_pass(now + later, i * (~0ull / 100)) ? 1 : 0;
    return admitted;
  };
  EXPECT_NEAR(admitted_at(0), 10, 1);
  EXPECT_NEAR(admitted_at(5 * kSecond / 2), 55, 1);
  EXPECT_EQ(admitted_at(5 * kSecond), 100);
}

TEST_F(Breaker, GivesExactlyTenProbesToSixtyFourThreads) {
  open();
  now += 60 * kSecond;
  std::atomic<int> probes{0};
  std::atomic<bool> go{false};
  std::atomic<int> still_asking{64};
  std::vector<std::thread> threads;
  for (int t = 0; t < 64; ++t) {
    threads.emplace_back([&] {
      while (!go) std::this_thread::yield();
      BreakerPass probe = breaker.try_pass(now, kAll);
      if (probe) ++probes;
      --still_asking;
      while (still_asking > 0) std::this_thread::yield();
    });
  }
  go = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(probes, 10);
}

TEST(OutcomeWindow, KeepsTheRatioWhenASlotIsFull) {
  OutcomeWindow window(10 * kSecond);
  for (int i = 0; i < 400'000; ++i) window.record(i % 4 == 0, false, kSecond);
  const auto totals = window.totals(kSecond);
  EXPECT_GE(totals.requests, 65'000u);
  EXPECT_NEAR(static_cast<double>(totals.failed) / totals.requests, 0.25, 0.001);
}

TEST(OutcomeWindow, CountsForAllThreads) {
  OutcomeWindow window(10 * kSecond);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < 5000; ++i) window.record(true, true, 50 * kSecond + i * 1'000'000);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(window.totals(55 * kSecond - 1).requests, 40'000u);
  EXPECT_EQ(window.totals(55 * kSecond).slow, 40'000u);
}

}  // namespace
}  // namespace penstock::limiters
