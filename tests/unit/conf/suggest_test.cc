#include "conf/suggest.h"

#include <gtest/gtest.h>

namespace penstock::conf {
namespace {

const std::vector<std::string> kKeys = {"listeners", "upstreams", "routes", "workers", "id"};

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("weight", "weight"), 0u);
  EXPECT_EQ(edit_distance("weigt", "weight"), 1u);
  EXPECT_EQ(edit_distance("wieght", "weight"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(DidYouMean, NamesTheNearestWord) {
  EXPECT_EQ(did_you_mean("listners", kKeys), " (did you mean \"listeners\"?)");
  EXPECT_EQ(did_you_mean("routse", kKeys), " (did you mean \"routes\"?)");
}

TEST(DidYouMean, KeepsSilentWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("certificates", kKeys), "");
  EXPECT_EQ(did_you_mean("x", kKeys), "");
  EXPECT_EQ(did_you_mean(std::string(1000, 'r'), kKeys), "");
}

}  // namespace
}  // namespace penstock::conf
