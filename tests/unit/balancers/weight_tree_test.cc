#include "balancers/weight_tree.h"

#include <gtest/gtest.h>

#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

TEST(WeightTree, FindsWhomAMassFallsOn) {
  WeightTree tree(4);
  tree.set(0, 2), tree.set(2, 3), tree.set(3, 1);
  EXPECT_EQ(tree.total(), 6u);
  const std::vector<std::uint32_t> expected = {0, 0, 2, 2, 2, 3};
  for (std::uint64_t mass = 0; mass < 6; ++mass) EXPECT_EQ(tree.find(mass), expected[mass]);
}

TEST(WeightTree, FollowsChangesAsAPlainSumDoes) {
  for (const std::size_t members : {1, 2, 3, 63, 64, 65, 100}) {
    WeightTree tree(members);
    std::vector<std::uint32_t> weights(members);
    for (std::uint64_t step = 0; step < 2000; ++step) {
      const auto changed = static_cast<std::uint32_t>(mix(step) % members);
      weights[changed] = static_cast<std::uint32_t>(mix(~step) % 4);
      tree.set(changed, weights[changed]);
      if (tree.total() == 0) continue;
      std::uint64_t mass = mix(step << 20) % tree.total();
      const std::uint32_t found = tree.find(mass);
      std::uint32_t expected = 0;
      for (; mass >= weights[expected]; ++expected) mass -= weights[expected];
      ASSERT_EQ(found, expected) << members << " members, step " << step;
    }
  }
}

}  // namespace
}  // namespace penstock::balancers
