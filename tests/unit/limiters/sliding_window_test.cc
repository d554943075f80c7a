#include "limiters/sliding_window.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMilli = 1'000'000;

struct SlidingWindowOf100 : testing::Test {
  Verdict take(std::uint32_t cost = 1) { return limit.take(word, now, cost); }
  std::uint32_t take_all() {
    std::uint32_t admitted = 0;
    while (take().admitted) ++admitted;
    return admitted;
  }

  SlidingWindow limit{100, kSecond};
  SlidingWindow::Word word{0};
  std::uint64_t now = 5000 * kSecond;
};

TEST_F(SlidingWindowOf100, AdmitsTheLimitAndForgetsItAsTheWindowSlides) {
  EXPECT_EQ(take_all(), 100u);
  now += kSecond;
  EXPECT_EQ(take_all(), 0u);
  now += kSecond / 2;
  EXPECT_EQ(take_all(), 50u);
  now += 2 * kSecond;
  EXPECT_EQ(take_all(), 100u);
}

TEST_F(SlidingWindowOf100, AdmitsNoMoreThanTheLimitAroundAnEdge) {
  now += 999 * kMilli;
  std::uint32_t admitted = take_all();
  now += 20 * kMilli;
  admitted += take_all();
  EXPECT_LE(admitted, 102u);
}

TEST_F(SlidingWindowOf100, AdmitsAtMostTwiceTheLimitInAnyWindow) {
  now += 10 * kMilli;
  std::uint32_t admitted = take_all();
  for (const std::uint64_t end = now + kSecond - kMilli; now < end; now += kMilli) admitted += take_all();
  EXPECT_LE(admitted, 200u);
}

TEST_F(SlidingWindowOf100, RefusesNothingOfASteadyLoadBelowTheLimit) {
  for (int i = 0; i < 95 * 60; ++i, now += kSecond / 95) ASSERT_TRUE(take().admitted) << i;
}

TEST_F(SlidingWindowOf100, NamesTheMomentWhenThereIsRoom) {
  for (std::uint32_t cost : {1u, 40u, 100u}) {
    for (std::uint64_t later : {100 * kMilli, 300 * kMilli, 950 * kMilli}) {
      now += later;
      take_all();
      const std::uint64_t wait = take(cost).retry_after_ns;
      now += wait - kMilli;
      EXPECT_FALSE(take(cost).admitted);
      now += kMilli;
      EXPECT_TRUE(take(cost).admitted) << cost;
    }
  }
  EXPECT_EQ(take(101).retry_after_ns, kNever);
}

TEST_F(SlidingWindowOf100, SaysWhatIsLeftAndWhenAllIsForgotten) {
  now += 250 * kMilli;
  EXPECT_EQ(take(30).remaining, 70u);
  EXPECT_EQ(take().reset_after_ns, 1750 * kMilli);
  EXPECT_FALSE(limit.recovered(word, now + 1749 * kMilli));
  EXPECT_TRUE(limit.recovered(word, now + 1750 * kMilli));
}

TEST_F(SlidingWindowOf100, NeitherOpensNorFreezesWhenTheClockStepsBack) {
  take_all();
  now -= 10 * kSecond;
  EXPECT_EQ(take_all(), 0u);
  now += 2 * kSecond;
  EXPECT_EQ(take_all(), 100u);
}

TEST_F(SlidingWindowOf100, GivesNothingToThreadsWhoseClocksDiffer) {
  std::uint32_t admitted = 0;
  for (const std::uint64_t end = now + 10 * kSecond; now < end; now += 5 * kMilli) {
    admitted += take().admitted ? 1u : 0u;
    now -= 20 * kMilli;
    admitted += take().admitted ? 1u : 0u;
    now += 20 * kMilli;
  }
  EXPECT_LE(admitted, 1100u);
}

TEST_F(SlidingWindowOf100, DoesNotForgetForAWorkerWhoseClockLagsAtAnEdge) {
  now += 500 * kMilli;
  take_all();
  now += 501 * kMilli;
  take_all();
  now -= 2 * kMilli;
  EXPECT_EQ(take_all(), 0u);
}

TEST_F(SlidingWindowOf100, IsExactUnderManyThreads) {
  std::atomic<std::uint32_t> admitted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) admitted += take().admitted ? 1u : 0u;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(admitted, 100u);
}

}  // namespace
}  // namespace penstock::limiters
