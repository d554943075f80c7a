#include "limiters/leaky_bucket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

namespace penstock::limiters {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMilli = 1'000'000;

/// One a second, five may wait.
struct OneASecond : testing::Test {
  LeakyBucket::Turn reserve() { return bucket.reserve(next, now, given_up); }
  void give_up(const LeakyBucket::Turn& turn) { bucket.give_up(turn, next, now, given_up); }
  std::vector<LeakyBucket::Turn> reserve_all() {
    std::vector<LeakyBucket::Turn> turns;
    for (auto turn = reserve(); turn.granted; turn = reserve()) turns.push_back(turn);
    return turns;
  }
  static std::vector<std::uint64_t> waits_s(const std::vector<LeakyBucket::Turn>& turns) {
    std::vector<std::uint64_t> waits;
    for (const auto& turn : turns) waits.push_back(turn.wait_ns / kSecond);
    return waits;
  }

  LeakyBucket bucket{{1, kSecond}, 5, 60 * kSecond};
  LeakyBucket::Word next{0};
  std::array<LeakyBucket::Word, 3> given_up{};
  std::uint64_t now = 1000 * kSecond;
};

TEST_F(OneASecond, LetsOneGoAndFiveWaitAndRefusesTheSeventh) {
  EXPECT_THAT(waits_s(reserve_all()), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(reserve().retry_after_ns, kSecond);
  now += kSecond;
  EXPECT_EQ(reserve().wait_ns, 5 * kSecond);
}

TEST_F(OneASecond, LetsNobodyWaitLongerThanTold) {
  bucket = LeakyBucket({1, kSecond}, 5, 2500 * kMilli);
  EXPECT_THAT(waits_s(reserve_all()), ElementsAre(0, 1, 2));
  EXPECT_EQ(reserve().retry_after_ns, 500 * kMilli);
}

TEST_F(OneASecond, RefusesWhatCannotGoNowWithoutAQueue) {
  bucket = LeakyBucket({1, kSecond}, 0, kSecond);
  EXPECT_THAT(waits_s(reserve_all()), ElementsAre(0));
  now += kSecond;
  EXPECT_THAT(waits_s(reserve_all()), ElementsAre(0));
}

TEST_F(OneASecond, ForgetsTheLastTurnWhenItIsGivenUp) {
  const auto turns = reserve_all();
  give_up(turns[5]);
  EXPECT_EQ(reserve().wait_ns, 5 * kSecond);
  EXPECT_FALSE(reserve().granted);
}

TEST_F(OneASecond, GivesATurnInTheMiddleToTheNextWhoComes) {
  const auto turns = reserve_all();
  give_up(turns[2]);
  EXPECT_EQ(reserve().wait_ns, 2 * kSecond);
  EXPECT_FALSE(reserve().granted);
}

TEST_F(OneASecond, LetsATurnPassThatNobodyTookInTime) {
  const auto turns = reserve_all();
  give_up(turns[2]);
  now += 2 * kSecond;
  EXPECT_THAT(waits_s(reserve_all()), ElementsAre(4, 5));
}

TEST_F(OneASecond, NeverUsesATurnTwiceWhenThereIsNoRoomToRememberThoseGivenUp) {
  const auto turns = reserve_all();
  for (std::size_t i : {1u, 2u, 3u, 4u}) give_up(turns[i]);
  EXPECT_THAT(waits_s(reserve_all()), ElementsAre(1, 2, 3));
}

TEST_F(OneASecond, IgnoresWhoGivesUpATurnThatHasCome) {
  const auto turns = reserve_all();
  now += 3 * kSecond;
  give_up(turns[3]);
  give_up(turns[0]);
  EXPECT_EQ(reserve().wait_ns, 3 * kSecond);
}

TEST_F(OneASecond, NeitherOpensNorFreezesWhenTheClockIsSetBack) {
  reserve_all();
  now -= 100 * kSecond;
  EXPECT_FALSE(reserve().granted);
  now += kSecond;
  EXPECT_EQ(reserve().wait_ns, 5 * kSecond);
}

TEST(LeakyBucket, IsTrueToOneAMinute) {
  const LeakyBucket bucket({1, 60 * kSecond}, 10, 3600 * kSecond);
  LeakyBucket::Word next{0};
  for (std::uint64_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(static_cast<double>(bucket.reserve(next, kSecond).wait_ns), static_cast<double>(i * 60 * kSecond), 1e3);
  }
}

TEST(LeakyBucket, KeepsTurnsApartForManyThreadsOfWhichSomeGiveUp) {
  const LeakyBucket bucket({1'000, kSecond}, 100'000, 1000 * kSecond);
  LeakyBucket::Word next{0};
  std::array<LeakyBucket::Word, 7> given_up{};
  std::array<std::vector<std::uint64_t>, 4> kept;
  std::vector<std::thread> threads;
  for (auto& mine : kept) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3000; ++i) {
        const auto turn = bucket.reserve(next, kSecond, given_up);
        if (i % 3 == 0) {
          bucket.give_up(turn, next, kSecond, given_up);
        } else {
          mine.push_back(turn.wait_ns);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::vector<std::uint64_t> waits;
  for (const auto& mine : kept) waits.insert(waits.end(), mine.begin(), mine.end());
  std::sort(waits.begin(), waits.end());
  for (std::size_t i = 1; i < waits.size(); ++i) ASSERT_GE(waits[i] - waits[i - 1], kMilli - 10);
}

}  // namespace
}  // namespace penstock::limiters
