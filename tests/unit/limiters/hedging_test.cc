#include "limiters/hedging.h"

#include <gtest/gtest.h>

#include <random>

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kMilli = 1'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;

/// An upstream at 1000 requests a second.
struct HedgingTest : testing::Test {
  void answers(int count, std::uint64_t took_ns) {
    for (int i = 0; i < count; ++i) hedging.answered(took_ns, now += kSecond / 1000);
  }
  /// From 1 to 100 ms, each as often as the others.
  void mixed_answers(int count) {
    std::uniform_int_distribution<std::uint64_t> took(kMilli, 100 * kMilli);
    for (int i = 0; i < count; ++i) hedging.answered(took(random), now += kSecond / 1000);
  }
  int hedges(int requests) {
    int made = 0;
    for (int i = 0; i < requests; ++i) {
      hedging.count_request();
      made += hedging.try_hedge();
    }
    return made;
  }

  Hedging hedging;
  std::uint64_t now = 77 * kSecond;
  std::mt19937_64 random{7};
};

TEST_F(HedgingTest, KnowsNothingBeforeAHundredAnswers) {
  answers(99, kMilli);
  EXPECT_EQ(hedging.p95_ns(), Hedging::kUnknown);
  answers(1, kMilli);
  EXPECT_NE(hedging.p95_ns(), Hedging::kUnknown);
}

TEST_F(HedgingTest, FindsTheP95) {
  mixed_answers(4000);
  EXPECT_NEAR(static_cast<double>(hedging.p95_ns()), 95e6, 3e6);
}

TEST_F(HedgingTest, NoAnswerIsLateWhereAllTakeTheSame) {
  for (const std::uint64_t took : {3 * kMilli, 10'123'456ul, 250 * kMilli}) {
    Hedging fresh;
    for (int i = 0; i < 100; ++i) fresh.answered(took, now);
    EXPECT_GE(fresh.p95_ns(), took);
    EXPECT_LE(fresh.p95_ns(), took + took / 40);
  }
}

TEST_F(HedgingTest, FollowsWhatBecomesSlowerOrFaster) {
  answers(20'000, 10 * kMilli);
  answers(1000, 50 * kMilli);
  EXPECT_GT(hedging.p95_ns(), 45 * kMilli) << "a second later";
  answers(11'000, 5 * kMilli);
  EXPECT_LT(hedging.p95_ns(), 6 * kMilli) << "two windows later";
}

TEST_F(HedgingTest, RemembersLongerWhereThereAreFewAnswers) {
  answers(100, 10 * kMilli);
  for (int i = 0; i < 99; ++i) hedging.answered(20 * kMilli, now += 3 * kSecond);
  EXPECT_NE(hedging.p95_ns(), Hedging::kUnknown);
}

TEST_F(HedgingTest, ATryThatWasGivenUpCountsAsTheTimeWaitedIfThatIsLong) {
  answers(100, 10 * kMilli);
  for (int i = 0; i < 1000; ++i) hedging.gave_up(2 * kMilli, now);
  answers(100, 10 * kMilli);
  EXPECT_GE(hedging.p95_ns(), 10 * kMilli) << "it says nothing of those that take longer";
  for (int i = 0; i < 100; ++i) hedging.gave_up(80 * kMilli, now);
  answers(100, 10 * kMilli);
  EXPECT_GE(hedging.p95_ns(), 80 * kMilli);
}

TEST_F(HedgingTest, OneRequestInTwentyIsTheMost) {
  hedges(1000);
  EXPECT_EQ(hedges(10'000), 500);
}

TEST_F(HedgingTest, AFewAreSavedForStallsThatComeTogether) {
  hedges(1000);
  for (int i = 0; i < 10'000; ++i) hedging.count_request();
  int together = 0;
  while (hedging.try_hedge()) ++together;
  EXPECT_EQ(together, 20);
}

}  // namespace
}  // namespace penstock::limiters
