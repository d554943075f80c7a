// Who is ejected, and who is not.
#include "tests/unit/health/detector_fixture.h"

namespace penstock::health {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using FailuresInARow = DetectorTest;
using FailureRatio = DetectorTest;

class SuccessRate : public DetectorTest {
 protected:
  void SetUp() override {
    settings.success_rate_stdev = 1.9;
    settings.failure_ratio = 0;
  }
  /// Of ten that serve 100 requests each, so many fail them all.
  void failing(std::size_t count) {
    pool(10);
    for (std::size_t i = 0; i < 10; ++i) serve(i, 100, i < count ? 100 : 0);
    tick();
  }
};

class SlowEndpoint : public DetectorTest {
 protected:
  void SetUp() override { settings.latency_ratio = 4; }
  void serve_in_ms(std::initializer_list<Nanos> each) {
    pool(each.size());
    std::size_t index = 0;
    for (const Nanos ms : each) serve(index++, 100, 0, ms * kNanosPerMilli);
    tick();
  }
};

TEST_F(FailuresInARow, EjectOneOfTenAtTheFifth) {
  pool(10);
  fail(3);
  EXPECT_THAT(out(), ElementsAre(3));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].duration, 10 * kNanosPerSecond);
  EXPECT_EQ(told[0].why, "5 failures in a row");
  EXPECT_EQ(detector().ejections(Ejection::consecutive_failures), 1u);
}

TEST_F(FailuresInARow, TellRefusedConnectionsApart) {
  pool(2);
  fail(0, Failure::connect);
  EXPECT_EQ(detector().ejections(Ejection::connect_failures), 1u);
  EXPECT_EQ(detector().ejections(Ejection::consecutive_failures), 0u);
}

TEST_F(FailuresInARow, DoNothingWhenSwitchedOff) {
  settings.consecutive_failures = 0;
  pool(10);
  fail(3);
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(FailuresInARow, OfOneThatIsOutAlreadyAreOldNews) {
  pool(10);
  fail(3);
  fail(3);
  EXPECT_EQ(detector().ejections(Ejection::consecutive_failures), 1u);
}

TEST_F(FailuresInARow, ThatTheWholePoolHasEjectNobody) {
  settings.failure_ratio = 0;
  pool(10);
  all_serve(100, 60);
  tick();
  fail(3);
  EXPECT_THAT(out(), IsEmpty());
  EXPECT_EQ(detector().ejections(Ejection::consecutive_failures), 0u);
}

TEST_F(FailuresInARow, ToConnectEjectEvenIfTheWholePoolFails) {
  pool(10);
  all_serve(100, 60);
  tick();
  fail(3, Failure::connect);
  EXPECT_THAT(out(), ElementsAre(3));
}

TEST_F(FailureRatio, EjectsAboveItAndNotAtIt) {
  pool(10);
  all_serve(100);
  serve(1, 100, 100);
  serve(2, 100, 101);
  tick();
  EXPECT_THAT(out(), ElementsAre(2));
  EXPECT_EQ(told[0].why, "101 of 200 requests failed");
}

TEST_F(FailureRatio, NeedsEnoughRequestsInTheWindow) {
  pool(10);
  serve(0, 19, 19);
  tick();
  EXPECT_THAT(out(), IsEmpty());
  serve(0, 1, 0);
  tick();
  EXPECT_THAT(out(), ElementsAre(0));
}

TEST_F(FailureRatio, ForgetsWhatTheWindowHasLeftBehind) {
  pool(10);
  serve(0, 19, 19);
  ticks(10);
  serve(0, 19, 19);
  tick();
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(FailureRatio, EjectsNobodyWhereAllFailAlike) {
  pool(10);
  all_serve(100, 80);
  tick();
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(SuccessRate, FindsOneOrTwoOfTen) {
  failing(2);
  EXPECT_THAT(out(), ElementsAre(0, 1));
  EXPECT_EQ(detector().ejections(Ejection::success_rate), 2u);
  EXPECT_EQ(told[0].why, "0 % succeeded, 80 % in the mean of all");
}

// k that fail alike lie √((N−k)/k) standard deviations below the mean: for 3 of 10 that is 1.53.
TEST_F(SuccessRate, IsBlindToThreeOfTenWhichTheRatioCatches) {
  failing(3);
  EXPECT_THAT(out(), IsEmpty());
  settings.failure_ratio = 0.5;
  tick();
  EXPECT_THAT(out(), ElementsAre(0, 1, 2));
}

TEST_F(SuccessRate, NeedsFiveEndpointsWithAHundredRequests) {
  pool(5);
  for (std::size_t i = 0; i < 5; ++i) serve(i, i == 4 ? 99 : 100, i == 0 ? 100 : 0);
  tick();
  EXPECT_THAT(out(), IsEmpty());
  serve(4, 1);
  tick();
  EXPECT_THAT(out(), ElementsAre(0));
}

TEST_F(SuccessRate, DoesNotEjectForASingleFailure) {
  pool(10);
  all_serve(100);
  serve(0, 1, 1);
  tick();
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(SlowEndpoint, OneOfFiveAtEightTimesTheMedianIsEjected) {
  serve_in_ms({10, 10, 80, 10, 10});
  EXPECT_THAT(out(), ElementsAre(2));
  EXPECT_EQ(detector().ejections(Ejection::latency), 1u);
}

TEST_F(SlowEndpoint, IsNoOutlierWhenAllAreSlow) {
  serve_in_ms({800, 800, 800, 800, 800});
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(SlowEndpoint, IsJudgedByItsP99NotByItsWorst) {
  pool(5);
  all_serve(1'000);
  serve(0, 5, 0, kNanosPerSecond);
  tick();
  EXPECT_THAT(out(), IsEmpty());
  serve(0, 50, 0, kNanosPerSecond);
  tick();
  EXPECT_THAT(out(), ElementsAre(0));
}

TEST_F(SlowEndpoint, NeedsTwoToBeComparedWith) {
  serve_in_ms({10, 800});
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(SlowEndpoint, OfAWindowAgoIsForgotten) {
  pool(5);
  serve(0, 100, 0, kNanosPerSecond);  // there is nobody to compare it with yet
  ticks(10);
  all_serve(100);
  tick();
  EXPECT_THAT(out(), IsEmpty());
}

}  // namespace
}  // namespace penstock::health
