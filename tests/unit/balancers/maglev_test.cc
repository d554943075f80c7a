#include "balancers/maglev.h"

#include <array>
#include <cmath>

#include "tests/unit/balancers/hash_fixture.h"

namespace penstock::balancers {
namespace {

using Table = Placing<Maglev>;

std::vector<int> slots(const std::vector<Member>& members) {
  std::vector<int> counts(members.size());
  const Maglev maglev(members);
  for (const std::uint32_t member : maglev.table()) ++counts.at(member);
  return counts;
}

/// Of the slots that weren't `gone`'s, the part that another has now.
double slots_moved(std::size_t count, std::size_t gone) {
  const std::vector<Member> members = endpoints(count);
  const Maglev before(members), after(without(members, gone));
  double moved = 0, all = 0;
  for (std::size_t slot = 0; slot < before.table().size(); ++slot) {
    if (before.table()[slot] == gone) continue;
    const std::uint32_t index = before.table()[slot];
    moved += (index < gone ? index : index - 1) != after.table()[slot];
    ++all;
  }
  return moved / all;
}

TEST(Maglev, TableSizeIsAPrimeWithHundredSlotsForEach) {
  EXPECT_EQ(Maglev(endpoints(1)).table().size(), 65'537u);
  EXPECT_EQ(Maglev(endpoints(655)).table().size(), 65'537u);
  EXPECT_EQ(Maglev(endpoints(656)).table().size(), 131'101u);
  EXPECT_EQ(Maglev(endpoints(10'000)).table().size(), 1'048'583u);
}

TEST(Maglev, EqualEndpointsHaveEqualPartsToOneSlot) {
  for (const std::size_t count : {1u, 2u, 10u, 100u, 3000u}) {
    const std::vector<int> counts = slots(endpoints(count));
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    EXPECT_LE(*most - *least, 1);
  }
}

TEST(Maglev, PartsAreByWeight) {
  std::vector<Member> members = endpoints(10);
  for (std::size_t i = 0; i < 10; ++i) members[i].weight = static_cast<std::uint32_t>(i + 1);
  const std::vector<int> counts = slots(members);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(counts[i], 65'537.0 * static_cast<double>(i + 1) / 55, 10);
}

TEST(Maglev, TheLightestHasASlotBesideTheHeaviest) {
  std::vector<Member> members = endpoints(300);
  members[7].weight = 65'535;
  const std::vector<int> counts = slots(members);
  EXPECT_GE(*std::min_element(counts.begin(), counts.end()), 1);
  EXPECT_GT(counts[7], 65'000);
}

TEST(Maglev, MovesFewSlotsOfThoseThatStay) {
  EXPECT_LT(slots_moved(10, 3), 0.01);
  EXPECT_LT(slots_moved(100, 50), 0.01);
  EXPECT_LT(slots_moved(1000, 50), 0.01);
}

TEST(Maglev, IsTheSameFromAnyOrder) {
  std::vector<Member> members = endpoints(100);
  members[20].weight = 5;
  EXPECT_EQ(Table(members).names_for(20'000), Table(reversed(members)).names_for(20'000));
}

TEST(Maglev, AWorkersCloneIsTheSameTable) {
  Table table(endpoints(10));
  const std::unique_ptr<Balancer> clone = table.balancer->clone();
  for (std::uint64_t key = 0; key < 100; ++key)
    EXPECT_EQ(clone->pick(table.loads, {.key = mix(key)}), table.index_for(key));
}

TEST(Maglev, KeysOfAnUnusableEndpointSpreadOverTheOthersAndComeBack) {
  Table table(endpoints(10));
  const auto before = table.names_for(20'000);
  const std::vector<int> counts_before = table.counts_of(20'000);
  table.set_usable(3, false);
  EXPECT_EQ(moved(before, table.names_for(20'000), table.members[3].name), 0);
  const std::vector<int> counts = table.counts_of(20'000);
  for (std::uint32_t i = 0; i < 10; ++i) {
    const int expected = i == 3 ? -counts_before[3] : counts_before[3] / 9;
    EXPECT_NEAR(counts[i] - counts_before[i], expected, 75);
  }
  table.set_usable(3, true);
  EXPECT_EQ(table.names_for(20'000), before);
}

TEST(Maglev, NeverReturnsToAnEndpointThatTheRequestHasTried) {
  Table table(endpoints(2));
  for (std::uint64_t key = 0; key < 500; ++key) {
    const std::uint32_t first = table.index_for(key);
    EXPECT_EQ(table.index_for(key, std::array{first}), 1 - first);
  }
  EXPECT_EQ(table.index_for(1, std::array{0u, 1u}), kNoMember);
}

TEST(Maglev, FindsTheLastUsableOneOfAThousand) {
  Table table(endpoints(1000));
  for (std::uint32_t i = 0; i < 1000; ++i) table.set_usable(i, i == 617);
  for (std::uint64_t key = 0; key < 200; ++key) EXPECT_EQ(table.index_for(key), 617u);
}

}  // namespace
}  // namespace penstock::balancers
