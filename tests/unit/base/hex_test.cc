#include "gateway/base/hex.h"

#include <gtest/gtest.h>

#include <array>
#include <cctype>

namespace penstock {
namespace {

TEST(Hex, DigitsAreReadInEitherCaseAndNothingElseIs) {
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('9'), 9);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
  for (int c = -128; c < 128; ++c) {
    const bool digit = c >= 0 && std::isxdigit(c) != 0;
    EXPECT_EQ(hex_value(static_cast<char>(c)) >= 0, digit) << c;
  }
}

TEST(Hex, EachByteIsWrittenAsItIsRead) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const HexPairs& digits : {kLowerHex, kUpperHex}) {
      std::string text;
      append_hex(text, static_cast<char>(byte), digits);
      ASSERT_EQ(text.size(), 2u);
      EXPECT_EQ(hex_value(text[0]) * 16 + hex_value(text[1]), byte) << text;
    }
  }
}

TEST(Hex, TheCaseIsTheWritersChoice) {
  std::string text;
  append_hex(text, '\xab', kLowerHex);
  append_hex(text, '\xab', kUpperHex);
  EXPECT_EQ(text, "abAB");
}

TEST(Hex, NumbersAreWrittenHighestByteFirstAndNoLongerThanAsked) {
  std::array<char, 8> text;
  text.fill('.');
  EXPECT_EQ(write_hex(text.data(), 0xfedcba9876543210, 3), text.data() + 6);
  EXPECT_EQ(std::string_view(text.data(), text.size()), "543210..");
}

TEST(Hex, DigestsAreWrittenWhole) {
  EXPECT_EQ(hex_text({}), "");
  EXPECT_EQ(hex_text(std::array<std::uint8_t, 3>{0x00, 0x0f, 0xf0}), "000ff0");
}

}  // namespace
}  // namespace penstock
