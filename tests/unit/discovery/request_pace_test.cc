#include "discovery/request_pace.h"

#include <gtest/gtest.h>

namespace penstock::discovery {
namespace {

constexpr Nanos kStart = 1000 * kNanosPerSecond;

/// How many requests are made in this time by who asks whenever it may.
unsigned asked_within(RequestPace& pace, Nanos from, Nanos time) {
  unsigned asked = 0;
  for (Nanos now = from; now < from + time; now += kNanosPerMilli) {
    if (pace.wait(now) > 0) continue;
    pace.asked(now);
    ++asked;
  }
  return asked;
}

TEST(RequestPaceTest, AfterAQuietTimeTheWaitIsOver) {
  RequestPace pace;
  EXPECT_EQ(pace.wait(kStart), 0u);
  pace.asked(kStart);
  EXPECT_EQ(pace.wait(kStart + 2 * kNanosPerSecond), 0u);
}

TEST(RequestPaceTest, NeverTwiceWithinATenthOfASecond) {
  RequestPace pace;
  pace.asked(kStart);
  EXPECT_EQ(pace.wait(kStart), RequestPace::kGap);
  EXPECT_EQ(pace.wait(kStart + 30 * kNanosPerMilli), 70 * kNanosPerMilli);
  EXPECT_EQ(pace.wait(kStart + RequestPace::kGap), 0u);
}

TEST(RequestPaceTest, WhoWantsToWaitLongerMay) {
  RequestPace pace;
  pace.asked(kStart);
  EXPECT_EQ(pace.wait(kStart, 5 * kNanosPerSecond), 5 * kNanosPerSecond);
  EXPECT_EQ(pace.wait(kStart, kNanosPerMilli), RequestPace::kGap);
}

TEST(RequestPaceTest, ABurstIsTenAndThenItIsTenInFifteenSeconds) {
  RequestPace pace;
  EXPECT_EQ(asked_within(pace, kStart, kNanosPerSecond), 10u);
  EXPECT_NEAR(asked_within(pace, kStart + kNanosPerSecond, 60 * kNanosPerSecond), 40, 1);
}

TEST(RequestPaceTest, WhoHasBeenQuietMayBurstAgain) {
  RequestPace pace;
  asked_within(pace, kStart, 100 * kNanosPerSecond);
  EXPECT_EQ(asked_within(pace, kStart + 120 * kNanosPerSecond, kNanosPerSecond), 10u);
}

}  // namespace
}  // namespace penstock::discovery
