#include "gateway/routing/string_index.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::routing {
namespace {

TEST(StringIndex, KnowsNothingAtFirst) {
  const StringIndex index;
  EXPECT_TRUE(index.empty());
  EXPECT_EQ(index.find(0, "a"), kNone);
}

TEST(StringIndex, TheFirstValueStays) {
  StringIndex index;
  EXPECT_EQ(index.find_or_add(0, "a", 7), 7u);
  EXPECT_EQ(index.find_or_add(0, "a", 8), 7u);
  EXPECT_EQ(index.find(0, "a"), 7u);
}

TEST(StringIndex, ScopesAreApart) {
  StringIndex index;
  index.find_or_add(1, "a", 10);
  index.find_or_add(2, "a", 20);
  EXPECT_EQ(index.find(1, "a"), 10u);
  EXPECT_EQ(index.find(2, "a"), 20u);
  EXPECT_EQ(index.find(3, "a"), kNone);
}

TEST(StringIndex, TextsOfEveryLengthDiffer) {
  StringIndex index;
  std::string text;
  for (std::uint32_t length = 0; length < 100; ++length, text += 'x') index.find_or_add(0, text, length);
  text.clear();
  for (std::uint32_t length = 0; length < 100; ++length, text += 'x') EXPECT_EQ(index.find(0, text), length);
  EXPECT_EQ(index.find(0, text), kNone);
}

TEST(StringIndex, EveryByteOfATextCounts) {
  StringIndex index;
  for (const std::size_t length : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 40}) {
    const std::string text(length, 'x');
    index.find_or_add(0, text, 1);
    for (std::size_t i = 0; i < length; ++i) {
      std::string other = text;
      other[i] = 'y';
      EXPECT_EQ(index.find(0, other), kNone) << length << " " << i;
    }
  }
}

TEST(StringIndex, RemembersAHundredThousand) {
  StringIndex index;
  for (std::uint32_t i = 0; i < 100'000; ++i) index.find_or_add(i % 3, std::to_string(i), i);
  for (std::uint32_t i = 0; i < 100'000; ++i) ASSERT_EQ(index.find(i % 3, std::to_string(i)), i);
  for (std::uint32_t i = 0; i < 100'000; ++i) ASSERT_EQ(index.find((i + 1) % 3, std::to_string(i)), kNone);
}

}  // namespace
}  // namespace penstock::routing
