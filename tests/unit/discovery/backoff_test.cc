#include "discovery/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/base/random.h"

namespace penstock::discovery {
namespace {

/// The longest wait of many after so many failures in a row.
Nanos longest_after(unsigned failures) {
  Random random(7);
  Nanos longest = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    Backoff backoff;
    Nanos wait = 0;
    for (unsigned i = 0; i < failures; ++i) wait = backoff.failed(0, random.next());
    EXPECT_GE(wait, Backoff::kFirst / 2);
    longest = std::max(longest, wait);
  }
  return longest;
}

TEST(Backoff, DoublesItsSpanUpToTheLongest) {
  EXPECT_NEAR(static_cast<double>(longest_after(1)), 0.2e9, 0.01e9);
  EXPECT_NEAR(static_cast<double>(longest_after(4)), 1.6e9, 0.05e9);
  EXPECT_NEAR(static_cast<double>(longest_after(30)), 30e9, 0.5e9);
}

TEST(Backoff, BeginsAnewAfterAMinuteOfHealth) {
  Backoff backoff;
  for (int i = 0; i < 10; ++i) backoff.failed(0, ~0ull);
  backoff.worked(kNanosPerSecond);
  backoff.worked(30 * kNanosPerSecond);
  EXPECT_LE(backoff.failed(61 * kNanosPerSecond, ~0ull), Backoff::kFirst);
}

TEST(Backoff, ASuccessInBetweenIsNotHealthYet) {
  Backoff backoff;
  for (int i = 0; i < 10; ++i) backoff.failed(0, ~0ull);
  backoff.worked(kNanosPerSecond);
  Random random(1);
  Nanos longest = 0;
  for (int i = 0; i < 50; ++i) longest = std::max(longest, backoff.failed(2 * kNanosPerSecond, random.next()));
  EXPECT_GT(longest, 10 * kNanosPerSecond);
}

}  // namespace
}  // namespace penstock::discovery
