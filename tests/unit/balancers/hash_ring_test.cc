#include "balancers/hash_ring.h"

#include "tests/unit/balancers/hash_fixture.h"

namespace penstock::balancers {
namespace {

const std::string& owner(const HashRing& ring, const std::vector<Member>& members, std::uint32_t hash) {
  return members.at(ring.member_at(ring.position_of(hash))).name;
}

/// The same ring as its description says it, without any cleverness.
class PlainRing {
 public:
  PlainRing(const std::vector<Member>& members, std::uint32_t points_per_weight) {
    for (const Member& member : members) {
      const std::size_t colon = member.name.rfind(':');
      const std::string base = member.name.substr(0, colon) + '\0' + member.name.substr(colon + 1);
      std::uint32_t previous = 0;
      for (std::uint32_t i = 0; i < member.weight * points_per_weight; ++i) {
        std::string text = base;
        for (int byte = 0; byte < 4; ++byte) text += static_cast<char>(previous >> 8 * byte);
        previous = crc32(text);
        const auto [point, is_new] = points_.emplace(previous, member.name);
        if (!is_new) point->second = std::min(point->second, member.name);
      }
    }
  }
  const std::string& owner(std::uint32_t hash) const {
    const auto point = points_.lower_bound(hash);
    return point == points_.end() ? points_.begin()->second : point->second;
  }
  const std::map<std::uint32_t, std::string>& points() const { return points_; }

 private:
  std::map<std::uint32_t, std::string> points_;
};

/// Most keys of one endpoint, as a multiple of the mean.
double imbalance(std::size_t count, std::uint32_t points_per_weight) {
  const HashRing ring(endpoints(count), points_per_weight);
  std::vector<int> counts(count);
  for (std::uint64_t hash = 0; hash < std::uint64_t{1} << 32; hash += 4096) {
    ++counts[ring.member_at(ring.position_of(static_cast<std::uint32_t>(hash)))];
  }
  return *std::max_element(counts.begin(), counts.end()) * static_cast<double>(count) / (1 << 20);
}

TEST(HashRing, IsTheOneOfItsDescription) {
  for (const auto& [count, points] : {std::pair{1u, 1u}, {2u, 1u}, {3u, 7u}, {17u, 160u}, {300u, 1u}, {1000u, 40u}}) {
    std::vector<Member> members = endpoints(count);
    for (std::size_t i = 0; i < count; ++i) members[i].weight = static_cast<std::uint32_t>(1 + mix(i) % 3);
    const HashRing ring(members, points);
    const PlainRing plain(members, points);
    ASSERT_EQ(ring.size(), plain.points().size());
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      const auto hash = static_cast<std::uint32_t>(mix(i));
      ASSERT_EQ(owner(ring, members, hash), plain.owner(hash));
    }
  }
}

TEST(HashRing, APointOwnsItsOwnHashAndTheNextOneWhatFollows) {
  const std::vector<Member> members = endpoints(20);
  const HashRing ring(members, 160);
  const PlainRing plain(members, 160);
  for (const auto& [hash, name] : plain.points()) {
    for (const std::uint32_t at : {hash - 1, hash, hash + 1}) EXPECT_EQ(owner(ring, members, at), plain.owner(at));
  }
  EXPECT_EQ(ring.position_of(plain.points().rbegin()->first + 1), 0u);
}

TEST(HashRing, WalksThroughAllPointsAndRoundAgain) {
  const HashRing ring(endpoints(3), 5);
  std::uint32_t position = ring.position_of(0);
  EXPECT_EQ(position, 0u);
  for (std::uint32_t i = 1; i < 15; ++i) EXPECT_EQ(position = ring.after(position), i);
  EXPECT_EQ(ring.after(position), 0u);
}

TEST(HashRing, ReadsNamesAsNginxDoes) {
  const auto first_point = [](const std::string& bytes) { return crc32(bytes + std::string(5, '\0')); };
  const auto is_point_of = [](const std::string& name, std::uint32_t hash) {
    const std::vector<Member> members = {{name, 1}, {"other:1", 1}};
    const HashRing ring(members, 1);
    return owner(ring, members, hash) == name;
  };
  EXPECT_TRUE(is_point_of("unix:/run/app.sock", first_point("/run/app.sock")));
  EXPECT_TRUE(is_point_of("unix:/run/app:80", first_point("/run/app:80")));
  EXPECT_TRUE(is_point_of("no.port", first_point("no.port")));
  EXPECT_TRUE(is_point_of("[::1]:80", crc32(std::string("[::1]\0", 6) + "80" + std::string(4, '\0'))));
}

TEST(HashRing, IsEvenEnoughWith160PointsAndEvenerWith1000) {
  EXPECT_LE(imbalance(50, 160), 1.35);
  EXPECT_LE(imbalance(50, 1000), 1.12);
}

TEST(HashRing, IsTheSameFromAnyOrder) {
  const std::vector<Member> members = endpoints(100);
  const std::vector<Member> others = reversed(members);
  const HashRing ring(members, 160), other(others, 160);
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    const auto hash = static_cast<std::uint32_t>(mix(i));
    ASSERT_EQ(owner(ring, members, hash), owner(other, others, hash));
  }
}

// 10,000 endpoints of 160 points share some 300 of them by chance: whose they are must not depend on the order either.
TEST(HashRing, ASharedPointBelongsToTheSmallerName) {
  const std::vector<Member> members = endpoints(10'000);
  const std::vector<Member> others = reversed(members);
  const HashRing ring(members, 160), other(others, 160);
  ASSERT_EQ(ring.size(), other.size());
  EXPECT_LT(ring.size(), 1'600'000u);
  for (std::uint32_t i = 0; i < ring.size(); ++i) {
    ASSERT_EQ(members[ring.member_at(i)].name, others[other.member_at(i)].name);
  }
}

TEST(HashRing, HasNoMoreThanSoManyPointsWhateverTheWeights) {
  std::vector<Member> members = endpoints(800, 65'535);
  members.push_back({"small:80", 1});
  const HashRing ring(members, 160);
  EXPECT_LE(ring.size(), 1'700'001u);
  EXPECT_GE(ring.size(), 1'690'000u);
  bool small_is_there = false;
  for (std::uint32_t i = 0; i < ring.size(); ++i) small_is_there |= ring.member_at(i) == 800;
  EXPECT_TRUE(small_is_there);
}

}  // namespace
}  // namespace penstock::balancers
