#include "balancers/consistent_hash.h"

#include <array>
#include <cmath>
#include <set>

#include "tests/unit/balancers/hash_fixture.h"

namespace penstock::balancers {
namespace {

using Ring = Placing<ConsistentHash>;

Ring ring_of(std::vector<Member> members) {
  return Ring(std::move(members), 160u, 0.0);
}

TEST(ConsistentHash, MovesNoKeyOfThoseThatStay) {
  const std::vector<Member> ten = endpoints(10);
  const auto before = ring_of(ten).names_for(20'000);
  const auto after = ring_of(without(ten, 4)).names_for(20'000);
  EXPECT_EQ(moved(before, after, ten[4].name), 0);
  EXPECT_GT(moved(before, after), 0.05);
}

TEST(ConsistentHash, GivesKeysByWeight) {
  std::vector<Member> members = endpoints(3);
  members[1].weight = 3;
  const std::vector<int> counts = Ring(members, 1000u, 0.0).counts_of(50'000);
  EXPECT_NEAR(counts[1], 30'000, 2'000);
}

TEST(ConsistentHash, KeysOfAnUnusableEndpointSpreadOverTheOthersAndComeBack) {
  Ring ring = ring_of(endpoints(10));
  const auto before = ring.names_for(20'000);
  ring.set_usable(3, false);
  const auto during = ring.names_for(20'000);
  std::set<std::string> heirs;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == ring.members[3].name) heirs.insert(during[i]);
  }
  EXPECT_EQ(heirs.size(), 9u);
  EXPECT_EQ(moved(before, during, ring.members[3].name), 0);
  ring.set_usable(3, true);
  EXPECT_EQ(ring.names_for(20'000), before);
}

TEST(ConsistentHash, AnUnusableEndpointIsLikeOneThatIsGone) {
  Ring ring = ring_of(endpoints(10));
  ring.set_usable(3, false);
  EXPECT_EQ(ring.names_for(5'000), ring_of(without(ring.members, 3)).names_for(5'000));
}

TEST(ConsistentHash, NeverReturnsToAnEndpointThatTheRequestHasTried) {
  Ring ring = ring_of(endpoints(3));
  for (std::uint64_t key = 0; key < 500; ++key) {
    const std::uint32_t first = ring.index_for(key);
    const std::uint32_t second = ring.index_for(key, std::array{first});
    const std::uint32_t third = ring.index_for(key, std::array{first, second});
    EXPECT_EQ(first + second + third, 3u);
    EXPECT_EQ(ring.index_for(key, std::array{first, second, third}), kNoMember);
  }
}

TEST(ConsistentHash, FindsTheLastUsableOneOfAThousand) {
  Ring ring = ring_of(endpoints(1000));
  for (std::uint32_t i = 0; i < 1000; ++i) ring.set_usable(i, i == 617);
  for (std::uint64_t key = 0; key < 200; ++key) EXPECT_EQ(ring.index_for(key), 617u);
  ring.set_usable(617, false);
  EXPECT_EQ(ring.index_for(1), kNoMember);
}

TEST(ConsistentHash, ANewcomersKeysComeOverOneAfterTheOtherAndStay) {
  Ring ring = ring_of(endpoints(5));
  std::set<std::uint64_t> there;
  for (std::uint16_t share = 256; share <= kWholeShare; share = static_cast<std::uint16_t>(share + 256)) {
    ring.set_share(2, share);
    std::set<std::uint64_t> now_there;
    for (std::uint64_t key = 0; key < 5'000; ++key) {
      if (ring.index_for(key) == 2) now_there.insert(key);
    }
    EXPECT_TRUE(std::includes(now_there.begin(), now_there.end(), there.begin(), there.end()));
    EXPECT_GT(now_there.size(), there.size());
    there = std::move(now_there);
  }
}

TEST(ConsistentHash, ANewcomerTakesEverythingIfItIsTheOnlyOne) {
  Ring ring = ring_of(endpoints(2));
  ring.set_usable(0, false);
  ring.set_share(1, 1);
  for (std::uint64_t key = 0; key < 200; ++key) EXPECT_EQ(ring.index_for(key), 1u);
}

TEST(ConsistentHash, AWorkersCloneKnowsTheSameRingAndItsOwnCounts) {
  Ring ring(endpoints(4), 160u, 1.25);
  for (int i = 0; i < 100; ++i) ring.begin_at(ring.index_for(7));
  const std::unique_ptr<Balancer> clone = ring.balancer->clone();
  const std::vector<Load> idle(4);
  clone->start(idle, nullptr, {}, 0);
  EXPECT_EQ(clone->pick(idle, {.key = mix(3)}), ring_of(endpoints(4)).index_for(3));
}

}  // namespace
}  // namespace penstock::balancers
