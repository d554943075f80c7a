#include "gateway/base/percent.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Percent, AnEncodingAtTheBeginningIsAByte) {
  EXPECT_EQ(percent_byte("%2F"), '/');
  EXPECT_EQ(percent_byte("%ff and more"), 255);
  EXPECT_EQ(percent_byte("%00"), 0);
}

TEST(Percent, WhatIsNotWholeIsNone) {
  for (const char* bad : {"", "%", "%2", "%2g", "%g2", "2F%", "%-1", "% 1", "%%2F"}) {
    EXPECT_EQ(percent_byte(bad), -1) << bad;
  }
  EXPECT_EQ(percent_byte(std::string_view("%2F").substr(0, 2)), -1);
}

TEST(Percent, DecodingLeavesWhatIsNotWellFormedAlone) {
  EXPECT_EQ(percent_decoded("a%20b%2Fc"), "a b/c");
  EXPECT_EQ(percent_decoded("100%"), "100%");
  EXPECT_EQ(percent_decoded("%2"), "%2");
  EXPECT_EQ(percent_decoded("%%41+%zz"), "%A+%zz");
}

TEST(Percent, DecodingIsDoneOnce) {
  EXPECT_EQ(percent_decoded("%252F"), "%2F");
}

TEST(Percent, PartsOfUrlsAreEncoded) {
  EXPECT_EQ(percent_encoded("a b/\xc3\xa4?&"), "a%20b%2F%C3%A4%3F%26");
  EXPECT_EQ(percent_encoded("a/b", "/"), "a/b");
  EXPECT_EQ(percent_encoded("AZaz09-._~"), "AZaz09-._~");
}

TEST(Percent, WhatIsEncodedIsDecodedToTheSame) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decoded(percent_encoded(all)), all);
}

}  // namespace
}  // namespace penstock
