#include "balancers/alias_table.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

void expect_exact(const std::vector<std::uint32_t>& weights) {
  const AliasTable table(weights);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    ASSERT_NEAR(table.probability(i), weights[i] / sum, 1e-9) << i << " of " << weights.size();
  }
}

TEST(AliasTable, GivesEachMemberItsPart) {
  expect_exact({1});
  expect_exact({7, 7, 7});
  expect_exact({1, 2, 3, 4, 5, 6, 7});
  expect_exact({65'535, 1, 1, 1});
}

TEST(AliasTable, GivesEachOfManyRandomWeightsItsPart) {
  for (std::uint64_t round = 0; round < 20; ++round) {
    std::vector<std::uint32_t> weights(1 + mix(round) % 500);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] = 1 + static_cast<std::uint32_t>(mix(round << 32 | i) % 65'535);
    }
    expect_exact(weights);
  }
}

TEST(AliasTable, DrawsAsItsPartsSay) {
  const AliasTable table(std::vector<std::uint32_t>{1, 2, 5});
  std::vector<double> part(3);
  for (std::uint64_t i = 0; i < 1'000'000; ++i) part[table.draw(mix(i))] += 1e-6;
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_NEAR(part[i], table.probability(i), 0.002);
}

}  // namespace
}  // namespace penstock::balancers
