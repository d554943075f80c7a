#include "gateway/base/json_writer.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonString, KeepsPlainTextAndWellFormedUtf8) {
  EXPECT_EQ(json_of(""), R"("")");
  EXPECT_EQ(json_of("a/b?c=d"), R"("a/b?c=d")");
  EXPECT_EQ(json_of("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"), "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
}

TEST(JsonString, EscapesWhatWouldEndTheStringOrTheLine) {
  EXPECT_EQ(json_of("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json_of("\n\r\t"), R"("\n\r\t")");
  EXPECT_EQ(json_of(std::string_view("\0\x1b\x7f", 3)), R"("\u0000\u001b\u007f")");
}

// The example of Unicode 15, §3.9, table 3-8: one U+FFFD for each maximal ill-formed part.
TEST(JsonString, ReplacesWhatIsNotUtf8) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(json_of("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), "\"" + r + r + r + r + r + r + r + r + "A\"");
  EXPECT_EQ(json_of("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), "\"" + r + r + r + r + r + r + r + r + "A\"");
  EXPECT_EQ(json_of("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"), "\"" + r + r + r + r + r + "A" + r + r + "B\"");
  EXPECT_EQ(json_of("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), "\"" + r + r + r + r + "A\"");
}

TEST(JsonString, SeesASpecialByteWhereverItStands) {
  for (std::size_t place = 0; place < 20; ++place) {
    for (int c = 0; c < 128; ++c) {
      std::string text(20, 'a');
      text[place] = static_cast<char>(c);
      const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
      EXPECT_EQ(json_of(text) == "\"" + text + "\"", plain) << c << " at " << place;
    }
  }
}

TEST(JsonString, ReplacesACharacterThatIsCutOffAndReadsNoFurther) {
  EXPECT_EQ(json_of(std::string_view("a\xE2\x82\xAC").substr(0, 3)), "\"a\xEF\xBF\xBD\"");
}

TEST(JsonWriter, PutsCommasBetweenAndNotBefore) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("a").number(1).key("b").string("x");
  json.key("c").begin_array().number(2).boolean(true).begin_object().end_object().raw("1.5").end_array();
  json.key("d").begin_array().end_array();
  json.end_object();
  EXPECT_EQ(out, R"({"a":1,"b":"x","c":[2,true,{},1.5],"d":[]})");
}

TEST(JsonWriter, WritesTheWholeRangeOfNumbers) {
  std::string out;
  JsonWriter(out)
      .begin_array()
      .number(std::numeric_limits<std::uint64_t>::max())
      .number(std::numeric_limits<std::int64_t>::min())
      .end_array();
  EXPECT_EQ(out, "[18446744073709551615,-9223372036854775808]");
}

TEST(JsonWriter, WritesDecimalsShort) {
  std::string out;
  JsonWriter(out)
      .begin_array()
      .decimal(0)
      .decimal(0.25)
      .decimal(1.0 / 3)
      .decimal(-2)
      .decimal(1e21)
      .decimal(1.0 / 0.0)
      .end_array();
  EXPECT_EQ(out, "[0,0.25,0.333,-2,1000000000000000000000,null]");
}

}  // namespace
}  // namespace penstock
