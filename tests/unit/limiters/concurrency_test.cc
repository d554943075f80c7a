#include "limiters/concurrency.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace penstock::limiters {
namespace {

TEST(Concurrency, LetsInAsManyAsTheLimit) {
  Concurrency places(2);
  Permit first = places.try_acquire();
  Permit second = places.try_acquire();
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(places.try_acquire());
  second.release();
  EXPECT_TRUE(places.try_acquire());
}

TEST(Concurrency, CountsDownOnceOnEveryPath) {
  Concurrency places(10);
  {
    Permit a = places.try_acquire();
    Permit b = std::move(a);
    EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): an empty permit is a promise
    b = places.try_acquire();
    EXPECT_EQ(places.in_flight(), 1u);
    b.release();
    b.release();
    EXPECT_EQ(places.in_flight(), 0u);
    a = places.try_acquire();
  }
  EXPECT_EQ(places.in_flight(), 0u);
}

TEST(Concurrency, IsCrowdedAboveThreeQuarters) {
  Concurrency places(4);
  std::vector<Permit> inside;
  for (int i = 0; i < 3; ++i) inside.push_back(places.try_acquire());
  EXPECT_FALSE(inside[0].crowded());
  inside.push_back(places.try_acquire());
  EXPECT_TRUE(inside[0].crowded());
  EXPECT_FALSE(Permit().crowded());
}

TEST(Concurrency, WaitsForThoseInsideWhenTheLimitIsLowered) {
  Concurrency places(3);
  std::vector<Permit> inside;
  for (int i = 0; i < 3; ++i) inside.push_back(places.try_acquire());
  places.set_limit(1);
  inside.pop_back();
  inside.pop_back();
  EXPECT_FALSE(places.try_acquire());
  inside.clear();
  EXPECT_TRUE(places.try_acquire());
}

TEST(Concurrency, KeepsPlacesForThoseWhoAreMoreImportant) {
  Concurrency places(3);
  Permit low = places.try_acquire(2);
  EXPECT_TRUE(low);
  EXPECT_FALSE(places.try_acquire(2));
  EXPECT_TRUE(places.try_acquire());
  EXPECT_FALSE(places.try_acquire(5));
}

TEST(Concurrency, TellsThePeakAndTheRefusedSinceTheLastQuestion) {
  Concurrency places(2);
  {
    Permit a = places.try_acquire();
    Permit b = places.try_acquire();
    EXPECT_FALSE(places.try_acquire());
    b.release();
    EXPECT_EQ(places.take_peak(), 2u);
    EXPECT_EQ(places.take_refused(), 1u);
  }
  EXPECT_EQ(places.take_peak(), 1u);  // what was under way when the question was last asked
  EXPECT_EQ(places.take_peak(), 0u);
  EXPECT_EQ(places.take_refused(), 0u);
}

TEST(Concurrency, IsNeverExceededByManyThreads) {
  Concurrency places(5);
  std::atomic<std::uint32_t> inside{0};
  std::atomic<std::uint32_t> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        Permit permit = places.try_acquire();
        if (!permit) continue;
        const std::uint32_t now = inside.fetch_add(1) + 1;
        if (now > most) most = now;
        inside.fetch_sub(1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(most, 5u);
  EXPECT_LE(places.take_peak(), 5u);
  EXPECT_EQ(places.in_flight(), 0u);
}

TEST(Concurrency, WhoMayGoBeyondTheLimitDoesWhileOthersMayNot) {
  Concurrency places(2);
  const Permit one = places.try_acquire();
  const Permit two = places.try_acquire();
  EXPECT_FALSE(places.try_acquire());
  const Permit three = places.try_acquire(0, 1);
  EXPECT_TRUE(three);
  EXPECT_FALSE(places.try_acquire(0, 1));
}

}  // namespace
}  // namespace penstock::limiters
