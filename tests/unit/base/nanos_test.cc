#include "gateway/base/nanos.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using namespace std::chrono_literals;

TEST(Nanos, AreMadeOfAnyWholeDuration) {
  EXPECT_EQ(nanos(250ms), 250 * kNanosPerMilli);
  EXPECT_EQ(nanos(5s), 5 * kNanosPerSecond);
  EXPECT_EQ(nanos(7ns), 7u);
  EXPECT_EQ(nanos(0ms), 0u);
}

TEST(Nanos, HoldTheLongestDurationThatAnybodyWaits) {
  EXPECT_EQ(nanos(std::chrono::hours(24 * 366 * 100)), 24ull * 366 * 100 * 3600 * kNanosPerSecond);
}

TEST(Nanos, AreMadeOfWhatClocksTell) {
  EXPECT_EQ(nanos(timespec{.tv_sec = 3, .tv_nsec = 14}), 3 * kNanosPerSecond + 14);
}

}  // namespace
}  // namespace penstock
