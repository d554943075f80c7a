#include "balancers/levels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

struct Seen {
  std::size_t loads = 0;
  std::vector<std::uint32_t> tried;
  std::vector<std::uint32_t> changed;
  std::vector<std::uint32_t> from;
  const Balancer* previous = nullptr;
  std::uint64_t random = 0;
};

/// Picks its first eligible endpoint, and notes what it is told.
class Noting final : public Balancer {
 public:
  explicit Noting(Seen& seen) : seen_(seen) {}

  std::unique_ptr<Balancer> clone() const override { return std::make_unique<Noting>(seen_); }
  void start(std::span<const Load>, const Balancer* previous, std::span<const std::uint32_t> from,
             std::uint64_t random) override {
    seen_.previous = previous;
    seen_.from.assign(from.begin(), from.end());
    seen_.random = random;
  }
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override {
    seen_.loads = loads.size();
    seen_.tried.assign(pick.tried.begin(), pick.tried.end());
    for (std::uint32_t i = 0; i < loads.size(); ++i) {
      if (loads[i].usable && std::find(pick.tried.begin(), pick.tried.end(), i) == pick.tried.end()) return i;
    }
    return std::nullopt;
  }
  void in_flight_changed(std::span<const Load> loads, std::uint32_t index) override {
    EXPECT_EQ(loads[index].in_flight, 5u);
    seen_.changed.push_back(index);
  }
  void fitness_changed(std::span<const Load> loads, std::uint32_t index) override {
    EXPECT_FALSE(loads[index].usable);
    seen_.changed.push_back(index);
  }

 private:
  Seen& seen_;
};

/// Levels of two, three and two endpoints: 0 1 | 2 3 4 | 5 6.
struct LevelsOfSeven : testing::Test {
  std::unique_ptr<Levels> make(std::vector<std::uint32_t> counts, std::vector<Seen>& notes) {
    std::vector<Levels::Level> all;
    notes.resize(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) all.push_back({counts[i], std::make_unique<Noting>(notes[i])});
    return std::make_unique<Levels>(std::move(all));
  }
  std::optional<std::uint32_t> pick(std::span<const std::uint32_t> tried = {}) {
    return levels->pick(loads, {.key = mix(++key), .tried = tried});
  }
  std::array<int, 3> picks_of(int count) {
    std::array<int, 3> counts{};
    for (int i = 0; i < count; ++i) {
      const std::uint32_t index = pick().value();
      ++counts[index < 2 ? 0 : index < 5 ? 1 : 2];
    }
    return counts;
  }
  void share(std::uint32_t first, std::uint32_t second, std::uint32_t third) {
    levels->set_shares(std::array{first, second, third});
  }

  std::vector<Seen> seen;
  std::vector<Load> loads = std::vector<Load>(7);
  std::unique_ptr<Levels> levels = make({2, 3, 2}, seen);
  std::uint64_t key = 0;
};

TEST_F(LevelsOfSeven, TheFirstTakesAllUntilSharesAreSet) {
  EXPECT_EQ(picks_of(100), (std::array{100, 0, 0}));
}

TEST_F(LevelsOfSeven, EachTakesItsShare) {
  share(kAllOfIt / 2, kAllOfIt / 4, kAllOfIt / 4);
  const auto counts = picks_of(40'000);
  EXPECT_NEAR(counts[0], 20'000, 500);
  EXPECT_NEAR(counts[1], 10'000, 500);
}

TEST_F(LevelsOfSeven, AKeyStaysInItsLevel) {
  share(kAllOfIt / 2, kAllOfIt / 2, 0);
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(levels->pick(loads, {.key = i}), levels->pick(loads, {.key = i}));
}

TEST_F(LevelsOfSeven, AsTheFirstRecoversKeysOnlyComeBackToIt) {
  std::vector<std::uint64_t> there;
  for (std::uint32_t part = 0; part <= 8; ++part) {
    share(kAllOfIt / 8 * part, kAllOfIt - kAllOfIt / 8 * part, 0);
    for (const std::uint64_t i : there) EXPECT_EQ(levels->pick(loads, {.key = i}), 0u);
    there.clear();
    for (std::uint64_t i = 0; i < 500; ++i) {
      if (levels->pick(loads, {.key = i}) == 0u) there.push_back(i);
    }
  }
  EXPECT_EQ(there.size(), 500u);
}

TEST_F(LevelsOfSeven, IfTheDrawnOneHasNoneTheOthersAreAskedInOrder) {
  share(0, 0, kAllOfIt);
  EXPECT_EQ(pick(), 5u);
  loads[5].usable = loads[6].usable = false;
  EXPECT_EQ(pick(), 0u);
  loads[0].usable = loads[1].usable = false;
  EXPECT_EQ(pick(), 2u);
  for (Load& load : loads) load.usable = false;
  EXPECT_EQ(pick(), std::nullopt);
}

TEST_F(LevelsOfSeven, WithoutSharesAllAreAskedInOrder) {
  share(0, 0, 0);
  EXPECT_EQ(pick(), 0u);
}

TEST_F(LevelsOfSeven, ALevelSeesItsOwnEndpointsOnly) {
  share(0, kAllOfIt, 0);
  EXPECT_EQ(pick(std::array{0u, 2u, 3u, 5u, 6u}), 4u);
  EXPECT_EQ(seen[1].loads, 3u);
  EXPECT_EQ(seen[1].tried, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(LevelsOfSeven, OfManyTriesTheLastOnesAreHeeded) {
  share(0, kAllOfIt, 0);
  std::vector<std::uint32_t> tried(100, 2);
  tried.push_back(3);
  EXPECT_EQ(pick(tried), 4u);
}

TEST_F(LevelsOfSeven, ChangesReachTheLevelThatTheyAreIn) {
  for (Load& load : loads) load = {.in_flight = 5, .usable = false};
  for (const std::uint32_t index : {1u, 4u, 5u}) levels->in_flight_changed(loads, index);
  levels->fitness_changed(loads, 6);
  EXPECT_EQ(seen[0].changed, (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(seen[1].changed, (std::vector<std::uint32_t>{2}));
  EXPECT_EQ(seen[2].changed, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(LevelsOfSeven, EachTakesOverFromTheLevelOfItsNumber) {
  std::vector<Seen> old_seen;
  const auto old = make({3, 1}, old_seen);
  // The members of before, by their old index: one of level 0, a new one | one of level 1, one of level 0, a new one |
  // …
  levels->start(loads, old.get(), std::array{2u, kNoMember, 3u, 0u, kNoMember, 1u, 3u}, 9);
  EXPECT_NE(seen[0].previous, nullptr);
  EXPECT_EQ(seen[0].from, (std::vector<std::uint32_t>{2, kNoMember}));
  EXPECT_EQ(seen[1].from, (std::vector<std::uint32_t>{0, kNoMember, kNoMember}));
  EXPECT_EQ(seen[2].previous, nullptr);
  EXPECT_TRUE(seen[2].from.empty());
  EXPECT_EQ(seen[2].random, 9u);
}

TEST_F(LevelsOfSeven, ACloneBeginsAnew) {
  share(0, 0, kAllOfIt);
  EXPECT_EQ(levels->clone()->pick(loads, {.key = 1}), 0u);
}

TEST_F(LevelsOfSeven, OneLevelAloneIsAskedAsItIs) {
  levels = make({7}, seen);
  EXPECT_EQ(pick(std::array{0u}), 1u);
  levels->set_shares(std::array{0u});
  EXPECT_EQ(pick(), 0u);
}

}  // namespace
}  // namespace penstock::balancers
