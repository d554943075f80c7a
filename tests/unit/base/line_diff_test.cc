#include "gateway/base/line_diff.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(LineDiff, TheSameIsNothing) {
  EXPECT_EQ(line_diff("a\nb\n", "a\nb\n"), "");
  EXPECT_EQ(line_diff("", ""), "");
}

TEST(LineDiff, ShowsWhatOnlyOneHas) {
  EXPECT_EQ(line_diff("a\nb\nc\n", "a\nx\nc\n"), "  a\n- b\n+ x\n  c\n");
  EXPECT_EQ(line_diff("", "a\n"), "+ a\n");
  EXPECT_EQ(line_diff("a\n", ""), "- a\n");
}

TEST(LineDiff, FindsLinesThatAreStillThere) {
  EXPECT_EQ(line_diff("a\nb\nc\n", "b\nc\nd\n"), "- a\n  b\n  c\n+ d\n");
}

TEST(LineDiff, LeavesOutWhatIsFarFromAnyChange) {
  EXPECT_EQ(line_diff("1\n2\n3\n4\n5\nx\n", "1\n2\n3\n4\n5\ny\n"), "...\n  3\n  4\n  5\n- x\n+ y\n");
}

}  // namespace
}  // namespace penstock
