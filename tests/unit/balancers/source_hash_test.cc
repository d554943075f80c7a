#include "balancers/source_hash.h"

#include <cmath>
#include <set>

#include "tests/unit/balancers/hash_fixture.h"

namespace penstock::balancers {
namespace {

using Sources = Placing<SourceHash>;

TEST(SourceHash, AnAddressStaysWhereItIs) {
  Sources sources(endpoints(7));
  const auto before = sources.names_for(1'000);
  for (std::uint32_t i = 0; i < 7; ++i) sources.begin_at(i);
  EXPECT_EQ(sources.names_for(1'000), before);
}

TEST(SourceHash, AllGatewaysAgreeWhateverTheOrder) {
  std::vector<Member> members = endpoints(40);
  for (std::size_t i = 0; i < 40; ++i) members[i].weight = static_cast<std::uint32_t>(1 + mix(i) % 9);
  EXPECT_EQ(Sources(members).names_for(20'000), Sources(reversed(members)).names_for(20'000));
}

TEST(SourceHash, GivesAddressesByWeight) {
  std::vector<Member> members = endpoints(10);
  for (std::size_t i = 0; i < 10; ++i) members[i].weight = static_cast<std::uint32_t>(i + 1);
  const std::vector<int> counts = Sources(members).counts_of(550'000);
  for (std::size_t i = 0; i < 10; ++i) {
    const double expected = 10'000 * static_cast<double>(i + 1);
    EXPECT_NEAR(counts[i], expected, 4 * std::sqrt(expected));
  }
}

TEST(SourceHash, GivesTheHeaviestAndTheLightestTheirParts) {
  std::vector<Member> members = endpoints(3);
  members[1].weight = 65'535;
  const std::vector<int> counts = Sources(members).counts_of(655'370);
  EXPECT_NEAR(counts[0], 10, 10);
  EXPECT_NEAR(counts[2], 10, 10);
}

TEST(SourceHash, AddressesOfAnUnusableEndpointSpreadOverTheOthersAndComeBack) {
  Sources sources(endpoints(10));
  const auto before = sources.names_for(20'000);
  sources.set_usable(3, false);
  const auto during = sources.names_for(20'000);
  EXPECT_EQ(moved(before, during, sources.members[3].name), 0);
  std::set<std::string> heirs;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == sources.members[3].name) heirs.insert(during[i]);
  }
  EXPECT_EQ(heirs.size(), 9u);
  sources.set_usable(3, true);
  EXPECT_EQ(sources.names_for(20'000), before);
}

TEST(SourceHash, NeverReturnsToAnEndpointThatTheRequestHasTried) {
  Sources sources(endpoints(2));
  for (std::uint64_t key = 0; key < 500; ++key) {
    const std::uint32_t first = sources.index_for(key);
    EXPECT_EQ(sources.index_for(key, std::vector{first}), 1 - first);
  }
  EXPECT_EQ(sources.index_for(1, std::vector{0u, 1u}), kNoMember);
}

TEST(SourceHash, ANewcomerTakesItsShareOfItsAddresses) {
  Sources sources(endpoints(4));
  const int whole = sources.counts_of(40'000)[1];
  sources.set_share(1, kWholeShare / 4);
  EXPECT_NEAR(sources.counts_of(40'000)[1], whole / 4.0, 200);
}

TEST(SourceHash, AmongAThousandThatAreOutANewcomerStillTakesItsShareOnly) {
  Sources sources(endpoints(1000));
  for (std::uint32_t i = 0; i < 1000; ++i) sources.set_usable(i, i == 617 || i == 800);
  sources.set_share(800, 1);
  EXPECT_GE(sources.counts_of(1000)[617], 990);
}

TEST(SourceHash, IfAllAreNewTheyShareEverythingAsEver) {
  Sources sources(endpoints(4));
  for (std::uint32_t i = 0; i < 4; ++i) sources.set_share(i, 1);
  for (const int count : sources.counts_of(40'000)) EXPECT_NEAR(count, 10'000, 400);
}

}  // namespace
}  // namespace penstock::balancers
