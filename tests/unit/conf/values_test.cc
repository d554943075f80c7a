#include "conf/values.h"

#include <gtest/gtest.h>

namespace penstock::conf {
namespace {

using std::chrono::hours;

Parsed<milliseconds> duration_of(std::string_view text) {
  return parse_duration(text, milliseconds(1), hours(24));
}
Parsed<std::uint64_t> size_of(std::string_view text) {
  return parse_size(text, 0, std::uint64_t{1} << 50);
}

TEST(Values, DurationsAreNumbersWithAUnit) {
  EXPECT_EQ(duration_of("250ms")->count(), 250);
  EXPECT_EQ(duration_of("5s")->count(), 5'000);
  EXPECT_EQ(duration_of("1m")->count(), 60'000);
  EXPECT_EQ(duration_of("24h")->count(), 86'400'000);
  EXPECT_EQ(duration_of("1d")->count(), 86'400'000);
}

TEST(Values, ADurationWithoutAUnitIsAskedForOne) {
  EXPECT_EQ(duration_of("10").problem(), "needs a unit, such as 250ms, 5s, 1m or 1h, is \"10\"");
}

TEST(Values, WhatIsNoDurationIsRefused) {
  for (const char* text :
       {"", "s", "5 s", "-5s", "+5s", "1.5s", "5sec", "5S", "05s", "1h30m", "99999999999999999999s"}) {
    EXPECT_FALSE(duration_of(text)) << text;
  }
}

TEST(Values, ADurationOutOfBoundsNamesThem) {
  EXPECT_EQ(duration_of("0s").problem(), "must be 1ms … 24h, is 0s");
  EXPECT_EQ(duration_of("25h").problem(), "must be 1ms … 24h, is 25h");
}

TEST(Values, SizesAreBytesOrHaveABinaryUnit) {
  EXPECT_EQ(*size_of("0"), 0u);
  EXPECT_EQ(*size_of("4096"), 4096u);
  EXPECT_EQ(*size_of("64KiB"), 65536u);
  EXPECT_EQ(*size_of("10MiB"), 10u << 20);
  EXPECT_EQ(*size_of("1GiB"), 1u << 30);
}

TEST(Values, WhatIsNoSizeIsRefused) {
  for (const char* text :
       {"", "KiB", "64K", "64KB", "64 KiB", "-1", "1.5MiB", "18446744073709551616", "17179869184GiB"}) {
    EXPECT_FALSE(size_of(text)) << text;
  }
}

TEST(Values, DecimalsAreReadAsTheyAreWritten) {
  EXPECT_EQ(*parse_decimal("0", 0, 1), 0.0);
  EXPECT_EQ(*parse_decimal("1", 0, 1), 1.0);
  EXPECT_EQ(*parse_decimal("0.20", 0, 1), 0.2);
  EXPECT_EQ(*parse_decimal("12.5", 0, 20), 12.5);
}

TEST(Values, WhatIsNoDecimalIsRefused) {
  for (const char* text : {"", ".", ".5", "1.", "-0.5", "+1", "1e-3", "1,5", "01.5", "0x1", "inf", "nan", "0.5 ",
                           "0.1.2", "0.00000000000000000000000000000000000000001"}) {
    EXPECT_FALSE(parse_decimal(text, 0, 100)) << text;
  }
  EXPECT_EQ(parse_decimal("50%", 0.01, 1).problem(), "must be a number such as 0.25, 0.01 … 1, is \"50%\"");
}

TEST(Values, ADecimalOutOfBoundsNamesThem) {
  EXPECT_EQ(parse_decimal("1.5", 0, 1).problem(), "must be 0 … 1, is 1.5");
  EXPECT_EQ(parse_decimal("1", 1.01, 10).problem(), "must be 1.01 … 10, is 1");
}

TEST(Values, DecimalsAreWrittenAsShortAsTheyRead) {
  for (const char* text : {"0", "1", "0.1", "0.3", "1.25", "10", "0.00001", "3.0000000000000004"}) {
    EXPECT_EQ(format_decimal(*parse_decimal(text, 0, 10)), text);
  }
  EXPECT_EQ(format_decimal(*parse_decimal("0.500", 0, 1)), "0.5");
}

TEST(Values, NumbersHaveBoundsThatAreNamed) {
  EXPECT_EQ(*parse_number("65535", 1, 65535), 65535u);
  EXPECT_EQ(parse_number("0", 1, 65535).problem(), "must be 1 … 65535, is 0");
  EXPECT_EQ(parse_number("65536", 1, 65535).problem(), "must be 1 … 65535, is 65536");
  EXPECT_EQ(parse_number("99999999999999999999", 1, 9).problem(), "must be 1 … 9, is 99999999999999999999");
}

TEST(Values, ALeadingZeroIsRefusedSinceItMayMeanOctal) {
  EXPECT_EQ(parse_number("010", 1, 99).problem(), "must be a whole number, 1 … 99, is \"010\"");
}

TEST(Values, FormattingGoesBackInTheLargestUnit) {
  EXPECT_EQ(format_duration(milliseconds(90'000)), "90s");
  EXPECT_EQ(format_duration(milliseconds(120'000)), "2m");
  EXPECT_EQ(format_duration(hours(24)), "24h");
  EXPECT_EQ(format_size(8192), "8KiB");
  EXPECT_EQ(format_size(8193), "8193");
  EXPECT_EQ(format_size(kUnlimited), "unlimited");
}

TEST(Values, OnlyTrueAndFalseAreTruthValues) {
  EXPECT_TRUE(*parse_bool("true"));
  EXPECT_FALSE(*parse_bool("false"));
  EXPECT_EQ(parse_bool("yes").problem(), "must be true or false, is \"yes\"");
}

TEST(Values, QuotingHidesControlCharactersAndCutsBetweenCharacters) {
  EXPECT_EQ(in_quotes("a\nb"), "\"a?b\"");
  std::string umlauts;
  for (int i = 0; i < 40; ++i) umlauts += "ü";
  EXPECT_EQ(in_quotes("x" + umlauts), "\"x" + umlauts.substr(0, 58) + "…\"");
}

}  // namespace
}  // namespace penstock::conf
