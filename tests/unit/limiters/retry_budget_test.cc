#include "limiters/retry_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// Clients at 1000 requests a second; a policy that would try each request four times.
struct Retries : testing::Test {
  std::uint32_t attempts_in_a_second(bool outage, std::uint32_t requests = 1000) {
    std::uint32_t attempts = 0;
    for (std::uint32_t i = 0; i < requests; ++i, now += kSecond / requests) {
      budget.count_request(now);
      ++attempts;
      for (int retry = 0; outage && retry < 3 && budget.try_retry(now); ++retry) ++attempts;
    }
    return attempts;
  }

  RetryBudget budget{RetryBudgetSettings{}};
  std::uint64_t now = 77 * kSecond;
};

TEST_F(Retries, AreAFifthOfTheRequestsInEverySecondOfATotalOutage) {
  for (int second = 0; second < 10; ++second) attempts_in_a_second(false);
  for (int second = 0; second < 30; ++second) {
    const std::uint32_t attempts = attempts_in_a_second(true);
    EXPECT_LE(attempts, 1210u) << second;
    EXPECT_GE(attempts, 1190u) << second;
  }
}

TEST_F(Retries, HaveAFloorWhenThereIsLittleTraffic) {
  attempts_in_a_second(true, 2);
  EXPECT_EQ(attempts_in_a_second(true, 2), 2u + 6u);
}

TEST_F(Retries, AreRefusedToThoseWithoutRequests) {
  RetryBudget none({.share = 0.2, .floor_per_s = 0});
  EXPECT_FALSE(none.try_retry(now));
  for (int i = 0; i < 5; ++i) none.count_request(now);
  EXPECT_TRUE(none.try_retry(now));
  EXPECT_FALSE(none.try_retry(now));
}

TEST_F(Retries, AreNotSavedUpForLater) {
  for (int second = 0; second < 60; ++second) attempts_in_a_second(false);
  now += 5 * kSecond;
  std::uint32_t retries = 0;
  while (budget.try_retry(now)) ++retries;
  EXPECT_EQ(retries, 10u);
}

TEST_F(Retries, AreCountedForAllThreadsTogether) {
  std::atomic<std::uint32_t> retries{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        budget.count_request(now);
        if (budget.try_retry(now)) ++retries;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(retries, 8000 / 5 + 10u);
  EXPECT_GE(retries, 8000 / 5u);
}

}  // namespace
}  // namespace penstock::limiters
