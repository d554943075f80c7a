#include "conf/file/cores.h"

#include <gtest/gtest.h>

namespace penstock::conf {
namespace {

TEST(Cores, AContainersQuotaIsRoundedUp) {
  EXPECT_EQ(quota_cores("200000 100000"), 2u);
  EXPECT_EQ(quota_cores("250000 100000\n"), 3u);
  EXPECT_EQ(quota_cores("1 100000"), 1u);
  EXPECT_EQ(quota_cores("9223372036854775807 1"), 1024u);
}

TEST(Cores, NoQuotaIsNoBound) {
  for (const char* text : {"max 100000", "", "100000", "0 100000", "100000 0", "-5 1"})
    EXPECT_FALSE(quota_cores(text)) << text;
}

TEST(Cores, ThereIsAlwaysOne) {
  EXPECT_GE(usable_cores(), 1u);
}

}  // namespace
}  // namespace penstock::conf
