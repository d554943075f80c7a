#include "gateway/base/http_date.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(HttpDate, IsTheExampleOfTheRfc) {
  HttpDate date;
  EXPECT_EQ(date.at(784'111'777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(HttpDate, ChangesWithTheSecond) {
  HttpDate date;
  EXPECT_EQ(date.at(784'111'777'999), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(784'111'778'000), "Sun, 06 Nov 1994 08:49:38 GMT");
}

}  // namespace
}  // namespace penstock
