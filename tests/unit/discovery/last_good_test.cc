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
  bool lists(const std::string& hosts, std::size_t excluded = 0) {
    ServiceList list;
    for (const char host : hosts) list.instances.push_back(instance(host));
    list.excluded = excluded;
    return known_.listed(std::move(list), now_);
  }
  /// It says so each second, for so long.
  void says_for(unsigned seconds, const std::string& hosts) {
    for (unsigned i = 0; i < seconds; ++i) seconds_pass(1), lists(hosts);
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
  EXPECT_TRUE(known_.listed({{heavier, instance('b')}}, now_));
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
  lists("a");
  seconds_pass(9);
  lists("a");
  EXPECT_EQ(used(), "abc");
  seconds_pass(1);
  EXPECT_EQ(known_.confirm_at(), now_);
  EXPECT_TRUE(lists("a"));
  EXPECT_EQ(used(), "a");
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
  lists("a");  // a new one, with a new time
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
  trusting.listed({{instance('a'), instance('b')}}, now_);
  EXPECT_TRUE(trusting.listed({}, now_));
  EXPECT_THAT(trusting.instances(), IsEmpty());
}

TEST_F(LastGoodTest, AnAnswerIsNotConfirmedByOneThatTakesAwayEvenMore) {
  lists("abcdef");
  lists("ab");
  seconds_pass(10);
  lists("c");
  EXPECT_EQ(used(), "abcdef");
  seconds_pass(10);
  lists("c");
  EXPECT_EQ(used(), "c");
}

/// A Eureka server that had been restarted knew nobody for half a minute, which was believed after ten seconds: every
/// upstream answered 503 though all its endpoints were well.
TEST_F(LastGoodTest, AServiceThatIsForgottenIsUsedOnUntilItsClientsAreBack) {
  lists("abc");
  says_for(60, "");
  EXPECT_EQ(used(), "abc");
  lists("abc");
  EXPECT_FALSE(known_.suspect());
}

/// One of many services comes back later than the others, and its instances one by one.
TEST_F(LastGoodTest, InstancesThatComeBackByAndByAreWaitedFor) {
  lists("abcdef");
  says_for(30, "");
  says_for(25, "b");
  says_for(25, "bd");
  EXPECT_EQ(used(), "abcdef");
  says_for(120, "bd");
  EXPECT_EQ(used(), "bd");
}

TEST_F(LastGoodTest, AServiceOfWhichNobodyAnswersIsGoneAfterTwoMinutes) {
  lists("abc");
  lists("");
  says_for(119, "");
  EXPECT_EQ(used(), "abc");
  says_for(1, "");
  EXPECT_EQ(used(), "");
}

TEST_F(LastGoodTest, AServiceIsNotGoneWhileItsEndpointsAnswer) {
  lists("abc");
  lists("");
  says_for(119, "");
  known_.answered(now_);
  says_for(9, "");
  EXPECT_EQ(used(), "abc");
  says_for(1, "");
  EXPECT_EQ(used(), "");
}

TEST_F(LastGoodTest, AServiceThatIsTakenOutWhileItRunsIsGoneAfterTenMinutes) {
  lists("abc");
  lists("");
  for (int i = 0; i < 599; ++i) {
    says_for(1, "");
    known_.answered(now_);
  }
  EXPECT_EQ(used(), "abc");
  says_for(1, "");
  EXPECT_EQ(used(), "");
}

TEST_F(LastGoodTest, AnswersThatNeverRestAreBelievedInTheEnd) {
  lists("abcdef");
  for (int i = 0; i < 25; ++i) says_for(1, "a"), says_for(1, "ab");
  EXPECT_EQ(used(), "abcdef");
  says_for(1, "a");
  EXPECT_EQ(used(), "a");
}

TEST_F(LastGoodTest, InstancesThatSayOfThemselvesThatTheyAreOutAreBelievedSooner) {
  lists("abc");
  lists("", 3);
  seconds_pass(10);
  lists("", 3);
  EXPECT_EQ(used(), "");
}

TEST_F(LastGoodTest, OneThatSaysSoDoesNotSpeakForTheOthers) {
  lists("abc");
  lists("", 1);
  seconds_pass(10);
  lists("", 1);
  EXPECT_EQ(used(), "abc");
}

TEST_F(LastGoodTest, WhoSaidThatItIsOutMayLeave) {
  lists("abc");
  lists("", 3);
  seconds_pass(5);
  lists("");
  seconds_pass(5);
  lists("");
  EXPECT_EQ(used(), "");
}

TEST_F(LastGoodTest, NewInstancesShowThatTheServiceIsNotForgotten) {
  lists("abc");
  lists("");
  seconds_pass(5);
  lists("xyz");
  seconds_pass(10);
  lists("xyz");
  EXPECT_EQ(used(), "xyz");
}

TEST_F(LastGoodTest, ARegistryThatSettlesIsGivenTheTimeForIt) {
  LastGood known(conf::ShrinkProtection{}, 120 * kNanosPerSecond);
  known.listed({{instance('a'), instance('b'), instance('c')}}, now_);
  known.listed({{instance('a')}}, now_);
  EXPECT_EQ(known.confirm_at(), now_ + 120 * kNanosPerSecond);
  known.listed({{instance('a')}, 2}, now_);
  EXPECT_EQ(known.confirm_at(), now_ + 10 * kNanosPerSecond);
}

TEST_F(LastGoodTest, AServiceMayBeKeptForEver) {
  LastGood known(conf::ShrinkProtection{.empty_after = std::nullopt});
  known.listed({{instance('a')}}, now_);
  known.listed({}, now_);
  EXPECT_EQ(known.confirm_at(), std::nullopt);
  known.listed({}, now_ + 24 * 3600 * kNanosPerSecond);
  EXPECT_EQ(known.instances().size(), 1u);
  EXPECT_TRUE(known.accept());
}

}  // namespace
}  // namespace penstock::discovery
