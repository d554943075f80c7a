// How many may be out, for how long, and how they come back.
#include "tests/unit/health/detector_fixture.h"

namespace penstock::health {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using EjectionCap = DetectorTest;
using EjectionTime = DetectorTest;
using ComingBack = DetectorTest;
using WithoutEnforcement = DetectorTest;

TEST_F(EjectionCap, IsNeverExceeded) {
  settings.max_ejected = 0.3;
  pool(10);
  for (std::size_t i = 0; i < 10; ++i) fail(i, Failure::connect);
  EXPECT_THAT(out(), ElementsAre(0, 1, 2));
  EXPECT_EQ(detector().ejections(Ejection::connect_failures), 3u);
}

TEST_F(EjectionCap, LeavesRoomForOneAtLeast) {
  settings.max_ejected = 0.1;
  pool(3);
  fail(0);
  fail(1);
  EXPECT_THAT(out(), ElementsAre(0));
}

TEST_F(EjectionCap, NeverTakesTheLast) {
  settings.max_ejected = 1;
  pool(3);
  for (std::size_t i = 0; i < 3; ++i) fail(i, Failure::connect);
  EXPECT_THAT(out(), ElementsAre(0, 1));
}

TEST_F(EjectionCap, NeverTakesTheLastThatChecksHaveLeft) {
  settings.max_ejected = 1;
  pool(3);
  detector().set_unhealthy(0, true);
  fail(1);
  fail(2);
  EXPECT_THAT(out(), ElementsAre(1));
}

TEST_F(EjectionCap, TakesTheWorstFirst) {
  settings.max_ejected = 0.2;
  pool(5);
  all_serve(100, 0);
  serve(1, 100, 130);
  serve(3, 100, 200);
  tick();
  EXPECT_THAT(out(), ElementsAre(3));
}

TEST_F(EjectionCap, MakesOthersWaitForTheirTurn) {
  settings.max_ejected = 0.5;
  pool(2);
  fail(0);
  fail(1);
  EXPECT_THAT(out(), ElementsAre(0));
  serve_its_time(0);
  EXPECT_THAT(out(), ElementsAre(1));
}

TEST_F(EjectionCap, ForgetsAnEndpointThatSucceededWhileItWaited) {
  pool(2);
  fail(0);
  fail(1);
  serve(1, 100);
  serve_its_time(0);
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(EjectionTime, GrowsWithTimesInARowUpToItsMost) {
  pool(10);
  for (Nanos expected = 10; expected <= 320; expected += 10) {
    fail(0);
    EXPECT_EQ(serve_its_time(0), std::min<Nanos>(expected, 300));
  }
}

TEST_F(EjectionTime, BeyondItsMostNeedsNoForgiving) {
  pool(10);
  for (int i = 0; i < 50; ++i) {
    fail(0);
    serve_its_time(0);
  }
  ticks(100);
  fail(0);
  EXPECT_EQ(serve_its_time(0), 210u);
}

TEST_F(EjectionTime, IsCutToItsMost) {
  settings.max_eject_for = conf::milliseconds(15'000);
  pool(10);
  for (const Nanos expected : {10, 15, 15}) {
    fail(0);
    EXPECT_EQ(serve_its_time(0), expected);
  }
}

TEST_F(EjectionTime, ShrinksByOneForEachThatItStayedIn) {
  pool(10);
  for (int i = 0; i < 3; ++i) {
    fail(0);
    serve_its_time(0);
  }
  ticks(20);
  fail(0);
  EXPECT_EQ(serve_its_time(0), 20u);
  ticks(1'000);
  fail(0);
  EXPECT_EQ(serve_its_time(0), 10u);
}

TEST_F(EjectionTime, IsNotShortenedByAMostThatIsShorter) {
  settings.max_eject_for = conf::milliseconds(1000);
  pool(10);
  fail(0);
  EXPECT_EQ(serve_its_time(0), 10u);
}

TEST_F(ComingBack, StartsWithAWindowOfItsOwn) {
  settings.eject_for = conf::milliseconds(2000);
  pool(10);
  all_serve(100);
  serve(0, 500, 500);
  tick();
  ASSERT_THAT(out(), ElementsAre(0));
  EXPECT_EQ(serve_its_time(0), 2u);
  serve(0, 30);
  ticks(3);
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(ComingBack, MayHappenBeforeItsTime) {
  pool(10);
  fail(0, Failure::connect);
  told = detector().take_back(0, now, "it takes connections");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_FALSE(told[0].ejected);
  EXPECT_THAT(out(), IsEmpty());
  EXPECT_THAT(detector().take_back(0, now, "again"), IsEmpty());
}

TEST_F(ComingBack, HappensAtOnceIfNoOtherIsLeft) {
  pool(2);
  fail(0);
  detector().set_unhealthy(1, true);
  told = detector().keep_one(now);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].why, "no other is left");
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(ComingBack, ByItsChecksForgetsWhatWasBefore) {
  pool(10);
  all_serve(100);
  serve(0, 500, 500);
  detector().set_unhealthy(0, true);
  tick();
  detector().set_unhealthy(0, false);
  tick();
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(WithoutEnforcement, CountsOnceForEachTimeThatItWouldHaveBeenOut) {
  settings.enforce = false;
  pool(10);
  for (int second = 0; second < 12; ++second) {
    all_serve(100);
    serve(0, 500, 500);
    tick();
  }
  EXPECT_EQ(detector().ejections(Ejection::failure_ratio), 2u);
}

TEST_F(WithoutEnforcement, NobodyIsTakenBackForWantOfOthers) {
  settings.enforce = false;
  pool(2);
  fail(0);
  detector().set_unhealthy(1, true);
  EXPECT_THAT(detector().keep_one(now), IsEmpty());
}

}  // namespace
}  // namespace penstock::health
