// What is remembered of endpoints that have left, and for how long.
#include "gateway/health/standings.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace penstock::health
