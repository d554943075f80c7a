#include "discovery/json_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "discovery/json_members.h"

namespace penstock::discovery {
namespace {

using testing::ElementsAre;

class JsonSplitterTest : public testing::Test {
 protected:
  JsonSplitter splitter{100};
  std::vector<std::string> objects;

  bool add(std::string_view piece) {
    return splitter.add(piece, [this](std::string_view object) { objects.emplace_back(object); });
  }
};

TEST_F(JsonSplitterTest, SeveralObjectsMayComeInOnePieceWithBlanksBetween) {
  EXPECT_TRUE(add(" {}\n{\"a\":{}}\r\n\t"));
  EXPECT_THAT(objects, ElementsAre("{}", "{\"a\":{}}"));
}

TEST_F(JsonSplitterTest, AnObjectMayBeCutAnywhere) {
  const std::string text = R"({"a":"}{\"\\","b":[{"c":"\\\""}]}{"d":"{"})";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      objects.clear();
      EXPECT_TRUE(add(text.substr(0, first)) && add(text.substr(first, second - first)) && add(text.substr(second)));
      EXPECT_THAT(objects, ElementsAre(R"({"a":"}{\"\\","b":[{"c":"\\\""}]})", R"({"d":"{"})")) << first << second;
    }
  }
}

TEST_F(JsonSplitterTest, AnythingButAnObjectBreaksTheStreamForGood) {
  for (const char* text : {"[", "x", "}", "\"{}\"", "{}]"}) {
    splitter = JsonSplitter(100);
    EXPECT_FALSE(add(text)) << text;
    EXPECT_FALSE(add("{}")) << text;
  }
}

TEST_F(JsonSplitterTest, AnObjectBeyondTheBoundBreaksTheStream) {
  EXPECT_TRUE(add("{\"" + std::string(96, 'x') + "\"}")) << "100 bytes";
  for (const auto& text : {"{\"" + std::string(97, 'x') + "\"}", "{\"" + std::string(99, 'x')}) {
    splitter = JsonSplitter(100);
    EXPECT_FALSE(add(text.substr(0, 60)) && add(text.substr(60)));
  }
  EXPECT_THAT(objects, testing::SizeIs(1));
}

TEST(JsonNestingTest, BracketsInStringsDoNotCount) {
  EXPECT_TRUE(nested_at_most(R"({"a":"[[[[\"[[["})", 1));
  EXPECT_TRUE(nested_at_most("[[]][[]]", 2));
  EXPECT_FALSE(nested_at_most("[{[", 2));
  EXPECT_TRUE(nested_at_most("]]]]", 1));
  EXPECT_TRUE(nested_at_most("\"\\", 1));
}

}  // namespace
}  // namespace penstock::discovery
