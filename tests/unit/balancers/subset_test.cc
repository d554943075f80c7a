#include "balancers/subset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back("endpoint-" + std::to_string(i));
  return result;
}

std::set<std::string> chosen(const std::vector<std::string>& from, std::uint32_t size, std::uint32_t gateway) {
  std::set<std::string> result;
  for (const std::uint32_t index : subset(from, size, gateway)) result.insert(from[index]);
  return result;
}

std::vector<int> uses(std::size_t endpoints, std::uint32_t size, std::uint32_t gateways) {
  std::vector<int> counts(endpoints);
  for (std::uint32_t gateway = 0; gateway < gateways; ++gateway) {
    for (const std::uint32_t index : subset(names(endpoints), size, gateway)) ++counts[index];
  }
  return counts;
}

/// The most that a gateway's set of `size` has lost when it is made from other names.
std::size_t most_lost(const std::vector<std::string>& before, const std::vector<std::string>& after, std::uint32_t size,
                      std::uint32_t gateways) {
  std::size_t most = 0;
  for (std::uint32_t gateway = 0; gateway < gateways; ++gateway) {
    const auto old_set = chosen(before, size, gateway), new_set = chosen(after, size, gateway);
    std::vector<std::string> lost;
    std::set_difference(old_set.begin(), old_set.end(), new_set.begin(), new_set.end(), std::back_inserter(lost));
    most = std::max(most, lost.size());
  }
  return most;
}

TEST(Subset, IsAllIfThereAreNoMore) {
  EXPECT_EQ(subset(names(3), 3, 7), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_TRUE(subset({}, 3, 0).empty());
}

TEST(Subset, HasItsSizeAndNoneTwiceInAscendingOrder) {
  for (std::uint32_t gateway = 0; gateway < 50; ++gateway) {
    const auto indices = subset(names(103), 10, gateway);
    ASSERT_EQ(indices.size(), 10u);
    EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end(), std::less_equal<>()));
  }
}

TEST(Subset, GatewaysTogetherUseEachEndpointEquallyOften) {
  for (const int count : uses(100, 10, 30)) EXPECT_EQ(count, 3);
  for (const int count : uses(100, 10, 35)) EXPECT_TRUE(count == 3 || count == 4);
}

TEST(Subset, WithARemainderNoEndpointIsUsedTwiceInARound) {
  for (const int count : uses(107, 10, 10)) EXPECT_LE(count, 1);
}

TEST(Subset, WithARemainderEachRoundLeavesOutOthers) {
  for (const int count : uses(107, 10, 1000)) EXPECT_NEAR(count, 1000 * 10 / 107.0, 13);
}

TEST(Subset, OneEndpointMoreChangesAtMostOneOfEachSet) {
  auto more = names(104);
  const auto before = names(103);
  EXPECT_EQ(most_lost(before, more, 10, 60), 1u);
  EXPECT_EQ(most_lost(more, before, 10, 60), 1u);
}

TEST(Subset, ANewNumberOfSetsInARoundLeavesTheFirstRoundAsItWas) {
  EXPECT_LE(most_lost(names(109), names(110), 10, 10), 1u);
}

TEST(Subset, IsTheSameFromAnyOrder) {
  auto others = names(200);
  std::reverse(others.begin(), others.end());
  for (std::uint32_t gateway = 0; gateway < 30; ++gateway) {
    EXPECT_EQ(chosen(others, 20, gateway), chosen(names(200), 20, gateway));
  }
}

}  // namespace
}  // namespace penstock::balancers
