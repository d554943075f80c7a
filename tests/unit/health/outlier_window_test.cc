#include "gateway/health/outlier_window.h"

#include <gtest/gtest.h>

namespace penstock::health {
namespace {

class OutlierWindowTest : public testing::Test {
 protected:
  OutlierWindow window{3, true};
  OutlierSample counters;

  void count(std::uint64_t requests, std::uint64_t failures = 0, std::size_t bucket = 10) {
    counters.requests += requests;
    counters.failures += failures;
    counters.latency.add(bucket, requests);
    window.observe(counters);
  }
};

TEST_F(OutlierWindowTest, HoldsTheLastSlotsAlone) {
  count(5, 1, 10);
  window.slide();
  count(7, 2, 20);
  window.slide();
  window.slide();
  EXPECT_EQ(window.requests(), 7u);
  EXPECT_EQ(window.failures(), 2u);
  EXPECT_EQ(window.latency().at(10), 0u);
  EXPECT_EQ(window.latency().at(20), 7u);
}

TEST_F(OutlierWindowTest, BeginsWhereTheCountersStand) {
  counters.requests = 1'000;
  counters.latency.add(10, 1'000);
  window.start_from(counters);
  count(3);
  EXPECT_EQ(window.requests(), 3u);
  EXPECT_EQ(window.latency().total(), 3u);
}

TEST_F(OutlierWindowTest, TakesLowerCountersForNewOnes) {
  count(100);
  counters = {};
  count(4);
  EXPECT_EQ(window.requests(), 104u);
}

TEST_F(OutlierWindowTest, NeverHasMoreFailuresThanRequests) {
  count(2, 3);
  EXPECT_EQ(window.failures(), 2u);
}

}  // namespace
}  // namespace penstock::health
