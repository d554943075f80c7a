#include "conf/rate.h"

#include <gtest/gtest.h>

namespace penstock::conf {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Rates, AreSoManyInATime) {
  EXPECT_EQ(*parse_rate("100/s"), (Rate{100, seconds(1)}));
  EXPECT_EQ(*parse_rate("6000/m"), (Rate{6000, minutes(1)}));
  EXPECT_EQ(*parse_rate("10/h"), (Rate{10, hours(1)}));
  EXPECT_EQ(*parse_rate("1/d"), (Rate{1, hours(24)}));
  EXPECT_EQ(*parse_rate("5/10s"), (Rate{5, seconds(10)}));
  EXPECT_EQ(*parse_rate("3/250ms"), (Rate{3, milliseconds(250)}));
}

TEST(Rates, AreWrittenInUnitsWherePossible) {
  for (const char* text : {"100/s", "6000/m", "10/h", "1/d", "5/10s", "3/250ms", "7/12h", "1/ms"})
    EXPECT_EQ(format_rate(*parse_rate(text)), text);
  EXPECT_EQ(format_rate(*parse_rate("1/60s")), "1/m");
  EXPECT_EQ(format_rate(*parse_rate("1/24h")), "1/d");
}

TEST(Rates, WhatIsNoRateIsToldWhatOneIs) {
  EXPECT_EQ(parse_rate("100r/s").problem(), "must be a rate such as 100/s, 6000/m, 1/d or 5/10s, is \"100r/s\"");
  for (const char* text : {"", "/", "100", "100/", "/s", "1.5/s", "01/s", "-1/s", "1/S", "1/w", "1/10", "1/s/s", "1 /s",
                           "99999999999999999999/s"}) {
    EXPECT_EQ(parse_rate(text).problem().find("must be a rate such as"), 0u) << text;
  }
}

TEST(Rates, OutOfBoundsNameThem) {
  EXPECT_EQ(parse_rate("0/s").problem(), "the number of a rate must be 1 … 1000000, is 0");
  EXPECT_EQ(parse_rate("1000001/s").problem(), "the number of a rate must be 1 … 1000000, is 1000001");
  EXPECT_EQ(parse_rate("1/2d").problem(), "the time of a rate must be 1ms … 24h, is 2d");
  EXPECT_EQ(parse_rate("1/0s").problem(), "the time of a rate must be 1ms … 24h, is 0s");
  EXPECT_EQ(parse_rate("10001/10ms").problem(), "must be at most 1000000/s, is 10001/10ms");
  EXPECT_TRUE(parse_rate("1000000/s"));
  EXPECT_TRUE(parse_rate("10000/10ms"));
}

}  // namespace
}  // namespace penstock::conf
