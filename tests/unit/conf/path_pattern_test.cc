#include "conf/path_pattern.h"

#include <gtest/gtest.h>

namespace penstock::conf {
namespace {

TEST(PathPattern, ExactPrefixAndParametersAreTaken) {
  for (const char* text : {"/", "/*", "/a", "/a/", "/a/*", "/users/{id}", "/users/{id}/orders/{order_2}", "/a//b",
                           "/a%2Fb", "/a.b", "/...", "/~x;v=1,2:@!$&'()+", "/{a}/*"}) {
    ASSERT_TRUE(read_path_pattern(text)) << text << " " << read_path_pattern(text).problem();
    EXPECT_EQ(*read_path_pattern(text), text);
  }
}

TEST(PathPattern, AStarIsTheWholeLastSegment) {
  for (const char* text : {"/a*", "/*/a", "/a/*b", "/a/*/", "/**"}) {
    EXPECT_EQ(read_path_pattern(text).problem(), "takes * only as the whole last segment, as in /users/*") << text;
  }
}

TEST(PathPattern, AParameterIsAWholeSegmentWithANameOfItsOwn) {
  for (const char* text : {"/a{b}", "/{a}b", "/{", "/}", "/{a/b}", "/{}", "/{1}", "/{a-b}", "/{{a}}"}) {
    EXPECT_FALSE(read_path_pattern(text)) << text;
  }
  EXPECT_EQ(read_path_pattern("/{a}/{a}").problem(), "has two parameters named \"a\"");
}

TEST(PathPattern, WhatCanNeverStandInAPathIsRefused) {
  for (const char* text :
       {"", "a", "*", "http://a/", "/a?b", "/a#b", "/a b", "/\xc3\xbc", "/%", "/%2", "/%zz", "/a\n"}) {
    EXPECT_FALSE(read_path_pattern(text)) << text;
  }
}

TEST(PathPattern, DotSegmentsAreRefusedHoweverTheyAreWritten) {
  for (const char* text : {"/.", "/..", "/a/../b", "/%2e", "/%2E%2e/x", "/.%2e"})
    EXPECT_FALSE(read_path_pattern(text)) << text;
}

TEST(PathPattern, TheNamesOfParametersAreNoDifference) {
  EXPECT_EQ(path_pattern_identity("/users/{id}/x"), path_pattern_identity("/users/{name}/x"));
  EXPECT_NE(path_pattern_identity("/users/{id}"), path_pattern_identity("/users/id"));
  EXPECT_NE(path_pattern_identity("/users"), path_pattern_identity("/users/"));
}

TEST(PathPattern, TheSpellingOfAPathIsNoDifference) {
  EXPECT_EQ(path_pattern_identity("//%61%2d//b"), path_pattern_identity("/a-/b"));
  EXPECT_EQ(path_pattern_identity("/a%2fb"), path_pattern_identity("/a%2Fb"));
}

TEST(PathPattern, WhatIsEncodedHasNoMeaning) {
  EXPECT_NE(path_pattern_identity("/a%2Fb"), path_pattern_identity("/a/b"));
  EXPECT_NE(path_pattern_identity("/%2A"), path_pattern_identity("/*"));
  EXPECT_NE(path_pattern_identity("/%7B%7D"), path_pattern_identity("/{a}"));
  EXPECT_NE(path_pattern_identity("/%252F"), path_pattern_identity("/%2F"));
}

}  // namespace
}  // namespace penstock::conf
