#include "gateway/base/number_text.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(NumberText, IsReadWhole) {
  EXPECT_EQ(read_number("0"), 0u);
  EXPECT_EQ(read_number("007"), 7u);
  EXPECT_EQ(read_number("18446744073709551615"), ~std::uint64_t{0});
}

TEST(NumberText, IsNoNumberWithAnythingElseInIt) {
  for (const char* bad : {"", " 1", "1 ", "+1", "-1", "1.0", "0x1", "1a", "18446744073709551616"}) {
    EXPECT_EQ(read_number(bad), std::nullopt) << bad;
  }
}

TEST(NumberText, IsFilledUpWithZeros) {
  std::string text;
  append_number(text, 7, 4);
  append_number(text, 12345, 4);
  EXPECT_EQ(text, "000712345");
}

}  // namespace
}  // namespace penstock
