// What is remembered of endpoints that have left, and for how long.
#include "gateway/health/standings.h"

#include <gtest/gtest.h>

#include "gateway/health/standings_memory.h"

namespace penstock::health {
namespace {

class StandingsTest : public testing::Test {
 protected:
  Standings standings;
  Nanos now = kNanosPerSecond;

  /// Comes, is given a mark, and leaves.
  void visit(const std::string& address, Nanos at) {
    Entry& entry = standings.at(address);
    standings.arrived(entry);
    entry.standing.reason = "seen";
    standings.left(entry, at);
  }
  bool remembers(const std::string& address) { return standings.at(address).standing.reason == "seen"; }
};

TEST_F(StandingsTest, AreRememberedForAnHour) {
  visit("a", now);
  standings.forget(now + Standings::kRemembered);
  EXPECT_TRUE(remembers("a"));
  standings.forget(now + Standings::kRemembered + 1);
  EXPECT_FALSE(remembers("a"));
}

TEST_F(StandingsTest, OfThoseThatAreBackAreNotForgotten) {
  visit("a", now);
  standings.arrived(standings.at("a"));
  standings.forget(now + 2 * Standings::kRemembered);
  EXPECT_TRUE(remembers("a"));
}

TEST_F(StandingsTest, OfTooManyTheOldestGo) {
  for (std::size_t i = 0; i <= Standings::kRememberedMost; ++i) visit(std::to_string(i), now + i);
  standings.forget(now + Standings::kRememberedMost);
  EXPECT_EQ(standings.size(), Standings::kRememberedMost);
  EXPECT_FALSE(remembers("0"));
  EXPECT_TRUE(remembers("1"));
}

TEST_F(StandingsTest, OfWhoIsOutAreTheNextProcesssToo) {
  conf::Upstream upstream;
  upstream.health_check.emplace();
  upstream.outlier.emplace();
  Entry& ejected = standings.at("ejected");
  ejected.suspect.emplace(*upstream.outlier);
  ejected.suspect->term.begin(now, *upstream.outlier);
  ejected.ejected = true;
  ejected.ejection = "for 10 s";
  ejected.standing.state = State::ejected;
  Entry& unhealthy = standings.at("unhealthy");
  unhealthy.tally.add(false, *upstream.health_check);
  unhealthy.complaint = "3 checks failed";
  unhealthy.standing.state = State::unhealthy;
  standings.at("healthy");

  Standings next;
  recall(next, memory_of(standings), upstream, now);
  EXPECT_EQ(next.size(), 2u);
  EXPECT_EQ(next.at("ejected").standing.reason, "for 10 s");
  EXPECT_EQ(next.at("ejected").suspect->term.until(), ejected.suspect->term.until());
  EXPECT_FALSE(next.at("unhealthy").tally.healthy());
  EXPECT_EQ(next.at("unhealthy").standing.state, State::unhealthy);
}

TEST_F(StandingsTest, OfAConfigurationThatDoesNotJudgeAreNotRecalled) {
  standings.at("ejected").ejected = true;
  standings.at("ejected").ejection = "for 10 s";
  standings.at("ejected").standing.state = State::ejected;
  conf::Upstream upstream;
  upstream.outlier.reset();
  Standings next;
  recall(next, memory_of(standings), upstream, now);
  EXPECT_TRUE(next.at("ejected").standing.usable());
}

}  // namespace
}  // namespace penstock::health
