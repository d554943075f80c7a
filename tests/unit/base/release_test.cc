#include "gateway/base/release.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Release, FreesTheMemoryOfAText) {
  std::string text(1000, 'x');
  release(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.capacity(), std::string().capacity());
}

}  // namespace
}  // namespace penstock
