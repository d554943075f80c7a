#include "gateway/observe/stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace penstock::observe {
namespace {

using http::Method;

std::size_t bucket_of(std::uint64_t duration_ns) {
  DurationHistogram histogram;
  histogram.observe(duration_ns);
  for (std::size_t i = 0; i < histogram.buckets().size(); ++i) {
    if (histogram.buckets()[i].value() == 1) return i;
  }
  return SIZE_MAX;
}

// The definition: the first bound that is not below the duration.
std::size_t expected_bucket(std::uint64_t duration_ns) {
  std::size_t i = 0;
  while (i < kDurationBounds.size() && static_cast<double>(duration_ns) > kDurationBounds[i] * 1e9 + 0.5) ++i;
  return i;
}

TEST(DurationHistogram, CountsABoundInItsOwnBucketAndWhatIsAboveInTheNext) {
  for (std::size_t i = 0; i < kDurationBounds.size(); ++i) {
    const auto bound_ns = static_cast<std::uint64_t>(std::llround(kDurationBounds[i] * 1e9));
    EXPECT_EQ(bucket_of(bound_ns - 1), i);
    EXPECT_EQ(bucket_of(bound_ns), i);
    EXPECT_EQ(bucket_of(bound_ns + 1), i + 1);
  }
}

TEST(DurationHistogram, HasABucketForZeroAndForForever) {
  EXPECT_EQ(bucket_of(0), 0u);
  EXPECT_EQ(bucket_of(UINT64_MAX), kDurationBounds.size());
}

TEST(DurationHistogram, FindsTheBucketThatCountingFinds) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t duration_ns = random() >> (random() % 64);
    ASSERT_EQ(bucket_of(duration_ns), expected_bucket(duration_ns)) << duration_ns;
  }
}

TEST(DurationHistogram, AddsUpWhatItSaw) {
  DurationHistogram histogram;
  histogram.observe(1'000);
  histogram.observe(2'000'000'000);
  EXPECT_EQ(histogram.sum_ns(), 2'000'001'000u);
}

class RequestCountsTest : public ::testing::Test {
 protected:
  std::uint64_t count(Method method, int status) const {
    for (const RequestCounts::Row& row : counts_.rows()) {
      if (row.method == method && row.status == status) return row.count;
    }
    return 0;
  }
  RequestCounts counts_;
};

TEST_F(RequestCountsTest, KeepsMethodsAndStatusesApart) {
  counts_.add(Method::get, 200);
  counts_.add(Method::get, 200);
  counts_.add(Method::post, 200);
  counts_.add(Method::get, 404);
  EXPECT_EQ(count(Method::get, 200), 2u);
  EXPECT_EQ(count(Method::post, 200), 1u);
  EXPECT_EQ(count(Method::get, 404), 1u);
  EXPECT_EQ(counts_.rows().size(), 3u);
}

TEST_F(RequestCountsTest, CountsAStatusThatIsNoneAsOther) {
  for (int status : {-1, 0, 99, 600, 70'000}) counts_.add(Method::put, status);
  EXPECT_EQ(count(Method::put, 0), 5u);
  EXPECT_EQ(counts_.rows().size(), 1u);
}

TEST_F(RequestCountsTest, CountsAsOtherWhatFindsNoRoomAndLosesNothing) {
  for (int round = 0; round < 3; ++round) {
    for (int status = 100; status < 600; ++status) counts_.add(Method::get, status);
  }
  std::uint64_t total = 0;
  for (const RequestCounts::Row& row : counts_.rows()) total += row.count;
  EXPECT_EQ(total, 1500u);
  EXPECT_EQ(counts_.rows().size(), 33u);
  EXPECT_EQ(count(Method::get, 100), 3u);
}

}  // namespace
}  // namespace penstock::observe
