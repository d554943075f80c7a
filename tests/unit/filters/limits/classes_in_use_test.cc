#include "gateway/filters/limits/classes_in_use.h"

#include <gtest/gtest.h>

namespace penstock::filters {
namespace {

using conf::Priority;

class ClassesTest : public ::testing::Test {
 protected:
  ClassesInUse classes;
  Nanos now = 1'000 * kNanosPerSecond;

  std::uint32_t share(Priority priority) { return classes.reserve_share(priority, now); }
};

TEST_F(ClassesTest, OneClassAloneLeavesNothing) {
  EXPECT_EQ(share(Priority::background), 0u);
}

TEST_F(ClassesTest, EachHigherClassThatIsExpectedCosts15) {
  classes.expect(Priority::critical);
  classes.expect(Priority::sheddable);
  EXPECT_EQ(share(Priority::background), 30u);
  EXPECT_EQ(share(Priority::normal), 15u);
  EXPECT_EQ(share(Priority::critical), 0u);
}

TEST_F(ClassesTest, AClassThatComesCountsForAMinute) {
  share(Priority::critical);
  EXPECT_EQ(share(Priority::normal), 15u);
  now += 59 * kNanosPerSecond;
  EXPECT_EQ(share(Priority::normal), 15u);
  now += 2 * kNanosPerSecond;
  EXPECT_EQ(share(Priority::normal), 0u);
}

TEST_F(ClassesTest, AClassThatKeepsComingKeepsCounting) {
  for (int i = 0; i < 100; ++i) {
    share(Priority::critical);
    now += 30 * kNanosPerSecond;
  }
  EXPECT_EQ(share(Priority::normal), 15u);
}

TEST_F(ClassesTest, WhatIsExpectedIsNeverForgotten) {
  classes.expect(Priority::critical);
  share(Priority::critical);
  now += 3'600 * kNanosPerSecond;
  EXPECT_EQ(share(Priority::normal), 15u);
}

TEST(BeyondShare, IsForWhoeverIsNotTheLowestInUse) {
  ClassesInUse classes;
  classes.expect(Priority::critical);
  EXPECT_EQ(classes.beyond_share(Priority::critical, 0), 0u);
  classes.expect(Priority::sheddable);
  EXPECT_EQ(classes.beyond_share(Priority::critical, 0), 30u);
  EXPECT_EQ(classes.beyond_share(Priority::sheddable, 0), 0u);
}

TEST(ReservedPlaces, AreAShareOfTheLimit) {
  EXPECT_EQ(reserved_places(1000, 15), 150u);
  EXPECT_EQ(reserved_places(1000, 0), 0u);
}

TEST(ReservedPlaces, AreSixForEachClassWhereTheLimitIsSmallAndAtMostHalfOfIt) {
  EXPECT_EQ(reserved_places(20, 15), 6u);
  EXPECT_EQ(reserved_places(30, 30), 12u);
  EXPECT_EQ(reserved_places(8, 15), 4u);
  EXPECT_EQ(reserved_places(1, 45), 0u);
}

}  // namespace
}  // namespace penstock::filters
