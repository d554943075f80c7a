// What is believed of a registry, whatever it says.
#include "discovery/last_good.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock::discovery {
namespace {

using ::testing::IsEmpty;

class LastGoodTest : public ::testing::Test {
 protected:
  /// "abc" is a list of three instances.
  bool lists(const std::string& hosts) {
    std::vector<Instance> instances;
    for (const char host : hosts) instances.push_back(instance(host));
    return known_.listed(std::move(instances), now_);
  }
  void fails() { known_.failed(now_); }
  void seconds_pass(unsigned seconds) { now_ += seconds * kNanosPerSecond; }
  std::string used() const { return text(known_.instances()); }
  std::string believed() const { return text(known_.believed()); }
  static Instance instance(char host) {
    Instance instance;
    instance.host = host;
    instance.port = 80;
    return instance;
  }
  static std::string text(const std::vector<Instance>& instances) {
    std::string text;
    for (const Instance& instance : instances) text += instance.host;
    return text;
  }

  Nanos now_ = 1000 * kNanosPerSecond;
  LastGood known_{conf::ShrinkProtection{}};
};

TEST_F(LastGoodTest, TheFirstListIsBelievedWhateverItIs) {
  EXPECT_FALSE(lists(""));
  EXPECT_EQ(known_.freshness(), Freshness::fresh);
  EXPECT_TRUE(lists("ab"));
  EXPECT_EQ(used(), "ab");
}

TEST_F(LastGoodTest, OrderAndDoublesAreNoChange) {
  lists("cab");
  EXPECT_FALSE(lists("abcab"));
  EXPECT_EQ(used(), "abc");
}

TEST_F(LastGoodTest, AWeightIsAChange) {
  lists("ab");
  Instance heavier = instance('a');
  heavier.weight = 5;
  EXPECT_TRUE(known_.listed({heavier, instance('b')}, now_));
  EXPECT_EQ(known_.instances()[0].weight, 5u);
}

TEST_F(LastGoodTest, AFailureChangesNothingButTheFreshness) {
  lists("abc");
  fails();
  EXPECT_EQ(known_.freshness(), Freshness::stale);
  EXPECT_EQ(used(), "abc");
  EXPECT_FALSE(lists("abc"));
  EXPECT_EQ(known_.freshness(), Freshness::fresh);
}

TEST_F(LastGoodTest, UpToHalfMayGoAtOnce) {
  lists("abcd");
  EXPECT_TRUE(lists("ab"));
  EXPECT_EQ(used(), "ab");
  EXPECT_TRUE(lists("a"));
  EXPECT_EQ(used(), "a");
}

TEST_F(LastGoodTest, MoreThanHalfIsNotBelieved) {
  lists("abcde");
  EXPECT_FALSE(lists("ab"));
  EXPECT_EQ(used(), "abcde");
  EXPECT_EQ(known_.suspect()->removed, 3u);
}

TEST_F(LastGoodTest, AnEmptyListIsNotBelievedEvenOfOne) {
  lists("a");
  EXPECT_FALSE(lists(""));
  EXPECT_EQ(used(), "a");
}

TEST_F(LastGoodTest, WhatASuspectAddsIsUsedAtOnce) {
  lists("abc");
  EXPECT_TRUE(lists("xyz"));
  EXPECT_EQ(used(), "abcxyz");
  EXPECT_EQ(believed(), "abc");
}

TEST_F(LastGoodTest, ASuspectThatStillSaysSoAfterTheTimeIsBelieved) {
  lists("abc");
  lists("");
  seconds_pass(9);
  lists("");
  EXPECT_EQ(used(), "abc");
  seconds_pass(1);
  EXPECT_EQ(known_.confirm_at(), now_);
  EXPECT_TRUE(lists(""));
  EXPECT_THAT(known_.instances(), IsEmpty());
  EXPECT_FALSE(known_.suspect());
}

TEST_F(LastGoodTest, TimeAloneConfirmsNothing) {
  lists("abc");
  lists("");
  seconds_pass(3600);
  fails();
  EXPECT_EQ(used(), "abc");
  EXPECT_TRUE(known_.suspect());
}

TEST_F(LastGoodTest, ASuspectIsForgottenWhenTheOthersAreBack) {
  lists("abc");
  lists("");
  seconds_pass(5);
  lists("abc");
  EXPECT_FALSE(known_.suspect());
  seconds_pass(6);
  lists("");  // a new one, with a new time
  EXPECT_EQ(used(), "abc");
  EXPECT_EQ(known_.confirm_at(), now_ + 10 * kNanosPerSecond);
}

TEST_F(LastGoodTest, AnEngineerMayBelieveASuspect) {
  EXPECT_FALSE(known_.accept());
  lists("abc");
  lists("x");
  EXPECT_TRUE(known_.accept());
  EXPECT_EQ(used(), "x");
  EXPECT_EQ(believed(), "x");
}

TEST_F(LastGoodTest, ASuspectIsBelievedIfAllThatItTakesAwayFail) {
  lists("abc");
  lists("a");
  EXPECT_FALSE(known_.accept_if([](const Instance& i) { return i.host == "b"; }));
  EXPECT_TRUE(known_.accept_if([](const Instance& i) { return i.host != "a"; }));
  EXPECT_EQ(used(), "a");
}

TEST_F(LastGoodTest, WhatWasKnownBeforeTheStartIsProtectedToo) {
  known_.restore({instance('b'), instance('a')});
  EXPECT_EQ(known_.freshness(), Freshness::from_disk);
  EXPECT_EQ(used(), "ab");
  fails();
  EXPECT_EQ(known_.freshness(), Freshness::from_disk);
  lists("");
  EXPECT_EQ(used(), "ab");
}

TEST_F(LastGoodTest, WithoutProtectionEveryAnswerIsBelieved) {
  LastGood trusting(std::nullopt);
  trusting.listed({instance('a'), instance('b')}, now_);
  EXPECT_TRUE(trusting.listed({}, now_));
  EXPECT_THAT(trusting.instances(), IsEmpty());
}

TEST_F(LastGoodTest, AnAnswerIsNotConfirmedByOneThatTakesAwayEvenMore) {
  lists("a");
  lists("b");
  seconds_pass(10);
  lists("");
  EXPECT_EQ(used(), "a");
  seconds_pass(9);
  lists("");
  EXPECT_EQ(used(), "a");
  seconds_pass(1);
  lists("");
  EXPECT_EQ(used(), "");
}

}  // namespace
}  // namespace penstock::discovery
