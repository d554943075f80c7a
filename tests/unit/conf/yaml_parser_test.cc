// What the loader makes of YAML itself: syntax, aliases, bounds.
#include <chrono>

#include "conf/yaml/document.h"
#include "conf/yaml/plain_text.h"
#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

class YamlSyntax : public Loading {
 protected:
  /// `depth` lists inside each other.
  static std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }
};

TEST_F(YamlSyntax, AnErrorHasItsPlace) {
  EXPECT_EQ(problem("listeners:\n  - bind: [1,\n").substr(0, 5), "3:1: ");
}

TEST_F(YamlSyntax, ATabForIndentationIsAnError) {
  EXPECT_EQ(problem("a:\n\tb: c\n").substr(0, 2), "2:");
}

TEST_F(YamlSyntax, AnEmptyFileSaysSo) {
  EXPECT_EQ(problem(""), " the file is empty");
  EXPECT_EQ(problem("# only a comment\n"), " the file is empty");
}

TEST_F(YamlSyntax, ASecondDocumentIsAProblem) {
  EXPECT_EQ(problem(std::string(kLeast) + "---\na: b\n"), "3:1: a file holds one YAML document, this begins a second");
}

TEST_F(YamlSyntax, AKeyStandsOnce) {
  EXPECT_EQ(problem(std::string(kLeast) + "log: info\nlog: warn\n"), "4:1: the key \"log\" stands here twice");
}

TEST_F(YamlSyntax, KeysArePlainTexts) {
  for (const char* yaml : {"? [a]\n: b\n", "? {a: b}\n: c\n", "~: b\n", "a: &x b\n*x : c\n"}) {
    EXPECT_NE(problem(yaml).find("a key must be a plain text"), std::string::npos) << yaml;
  }
}

TEST_F(YamlSyntax, TagsAreNotSupported) {
  EXPECT_EQ(problem(std::string(kLeast) + "workers: !!int 3\n"),
            "3:10: YAML tags are not supported: \"tag:yaml.org,2002:int\"");
}

TEST_F(YamlSyntax, AnAliasIsWhatItNames) {
  const Config config = loaded(
      "listeners:\n"
      "  - { bind: '127.0.0.1:80', timeouts: &slow { idle: 5m } }\n"
      "  - { bind: '127.0.0.1:81', timeouts: *slow }\n"
      "routes: [{respond: 204}]\n");
  EXPECT_EQ(config.listeners[1].timeouts.idle, std::chrono::minutes(5));
}

TEST_F(YamlSyntax, WhatIsWrongInAnAliasIsToldOnce) {
  EXPECT_EQ(problem("listeners:\n"
                    "  - { bind: '127.0.0.1:80', timeouts: &slow { idle: 5 } }\n"
                    "  - { bind: '127.0.0.1:81', timeouts: *slow }\n"
                    "routes: [{respond: 204}]\n"),
            "2:53: idle: needs a unit, such as 250ms, 5s, 1m or 1h, is \"5\"");
}

TEST_F(YamlSyntax, AnAliasInsideOfWhatItNamesIsAProblem) {
  EXPECT_EQ(problem("a: &x [*x]\n"), "1:8: an alias cannot stand inside of what it names");
}

TEST_F(YamlSyntax, ABombOfAliasesGoesOffHarmlessly) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int n = 1; n < 10; ++n) bomb += "," + before;
    bomb += "]\n";
  }
  EXPECT_NE(problem(bomb).find("more than 1000000 values"), std::string::npos);
}

TEST_F(YamlSyntax, NestingHasABound) {
  for (const std::size_t depth : {kMaxDepth + 1, std::size_t{400}, std::size_t{100'000}}) {
    EXPECT_NE(problem("a: " + nested(depth)).find("nested more than 32 levels deep"), std::string::npos) << depth;
  }
}

TEST_F(YamlSyntax, AliasesCannotNestDeeperThanTheBound) {
  const std::string yaml = "a: &a " + nested(20) + "\nb: " + std::string(20, '[') + "*a" + std::string(20, ']');
  EXPECT_NE(problem(yaml).find("nested more than 32 levels deep"), std::string::npos);
}

TEST_F(YamlSyntax, AFileHasALargestSize) {
  EXPECT_EQ(problem(std::string(kMaxFileBytes + 1, '#')), " the file is larger than 16 MiB");
}

TEST_F(YamlSyntax, OnlyUtf8IsText) {
  EXPECT_EQ(problem("a: b\nc: \xff\n"), "2:4: not plain UTF-8 text");
  EXPECT_EQ(problem(std::string("a: \0b\n", 6)), "1:4: not plain UTF-8 text");
  EXPECT_EQ(problem("\xff\xfe"
                    "a"),
            "1:1: not plain UTF-8 text");
}

TEST(PlainText, KnowsWellFormedUtf8) {
  for (const char* text : {"", "a\t\r\n", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_FALSE(first_bad_character(text)) << text;
  }
  for (const char* text : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xc3(", "\x7f", "\x1b"}) {
    EXPECT_TRUE(first_bad_character(text)) << text;
  }
}

}  // namespace
}  // namespace penstock::conf
