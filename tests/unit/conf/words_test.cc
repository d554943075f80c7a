#include "conf/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conf/fallback_cause.h"
#include "conf/registry_kind.h"
#include "gateway/observe/stats.h"

namespace penstock::conf {
namespace {

using testing::ElementsAre;

enum class Fruit { apple, pear, quince };
constexpr Word<Fruit> kFruits[] = {{"apple", Fruit::apple}, {"pear", Fruit::pear}};

TEST(Words, StandForAValueAndAValueForThem) {
  EXPECT_EQ(value_of(kFruits, "pear"), Fruit::pear);
  EXPECT_EQ(value_of(kFruits, "pea"), std::nullopt);
  EXPECT_EQ(word_for(kFruits, Fruit::apple), "apple");
  EXPECT_EQ(word_for(kFruits, Fruit::quince), "");
}

TEST(Words, AreListedInTheirOrder) {
  constexpr Word<int> kOne[] = {{"one", 1}};
  constexpr Word<int> kThree[] = {{"one", 1}, {"two", 2}, {"three", 3}};
  EXPECT_EQ(listed(kOne), "one");
  EXPECT_EQ(listed(kFruits), "apple and pear");
  EXPECT_EQ(listed(kThree, " or "), "one, two or three");
  EXPECT_THAT(texts_of(kThree), ElementsAre("one", "two", "three"));
}

TEST(Words, OfAFallbacksCausesAreTheReasonsThatMetricsTell) {
  for (const auto& [word, cause] : kFallbackCauseNames) {
    EXPECT_EQ(observe::name(static_cast<observe::DegradeReason>(cause)), word);
    EXPECT_EQ(name_of(cause), word);
  }
}

TEST(Words, OfARegistrysKindComeFromWhatIsWrittenForIt) {
  Registry registry;
  EXPECT_EQ(kinds_of(registry), 0u);
  registry.dns.emplace();
  EXPECT_EQ(kind_of(registry), "dns");
  registry.zookeeper.emplace();
  EXPECT_EQ(kinds_of(registry), 2u);
}

}  // namespace
}  // namespace penstock::conf
