#include "balancers/index_set.h"

#include <gtest/gtest.h>

#include <set>

#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

std::uint32_t next_in(const std::set<std::uint32_t>& set, std::uint32_t from) {
  const auto found = set.lower_bound(from);
  return found != set.end() ? *found : kNoMember;
}

class IndexSetTest : public testing::TestWithParam<std::uint32_t> {};

TEST_P(IndexSetTest, FindsTheNextAsAnOrderedSetDoes) {
  const std::uint32_t end = GetParam();
  IndexSet indices(end);
  std::set<std::uint32_t> reference;
  for (std::uint64_t step = 0; step < 20'000; ++step) {
    const auto index = static_cast<std::uint32_t>(mix(step) % end);
    // Full at first, nearly empty at the end.
    if (mix(~step) % 20'000 > step) {
      indices.insert(index), reference.insert(index);
    } else {
      indices.erase(index), reference.erase(index);
    }
    const auto from = static_cast<std::uint32_t>(mix(step + 1'000'000) % (end + 1));
    ASSERT_EQ(indices.next(from), next_in(reference, from)) << step;
    ASSERT_EQ(indices.empty(), reference.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, IndexSetTest, testing::Values(1, 63, 64, 65, 4095, 4096, 4097, 300'000));

TEST(IndexSet, IsEmptyAtFirst) {
  EXPECT_TRUE(IndexSet(10'000).empty());
  EXPECT_EQ(IndexSet(10'000).next(0), kNoMember);
}

}  // namespace
}  // namespace penstock::balancers
