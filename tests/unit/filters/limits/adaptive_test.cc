// What the algorithm decides is tested in limiters/; here, that it hears of requests, and that they keep to it.
#include "gateway/filters/limits/adaptive.h"

#include <deque>

#include "tests/unit/filters/limits/limit_fixture.h"

namespace penstock::filters {
namespace {

constexpr std::uint64_t kFirstGuess = limiters::AdaptiveSettings{}.initial;

class AdaptiveLimitTest : public LimitTest {
 protected:
  AdaptiveLimitTest() : LimitTest(conf::LimitKind::adaptive) {}

  /// As many requests come as find a place, and stay.
  std::size_t fill() {
    std::size_t count = 0;
    for (Hold hold; ask(hold).decision == Decision::pass; hold = Hold()) {
      staying.push_back(std::move(hold));
      ++count;
    }
    return count;
  }
  void all_end(const Ending& ending) {
    for (Hold& hold : staying) end(hold, ending);
    staying.clear();
  }
  /// A tenth of a second in which all places are taken, ten times over, and each request ends like this.
  void work(const Ending& ending) {
    for (int i = 0; i < 10; ++i) {
      fill();
      all_end(ending);
    }
    pass_time(kNanosPerSecond / 10);
    limit().tick(now);
  }
  /// A tenth of a second of an upstream that does 1,000 requests a second, whatever comes: the more are let in, the
  /// longer each takes.
  void work_at_capacity() {
    for (int i = 0; i < 100; ++i) {
      fill();
      end(staying.front(), {.took = staying.size() * kNanosPerMilli, .counts = true});
      staying.pop_front();
    }
    pass_time(kNanosPerSecond / 10);
    limit().tick(now);
  }
  /// The latency of an upstream that is not full.
  static constexpr Ending kQuick = {.took = 10 * kNanosPerMilli, .counts = true};
  std::deque<Hold> staying;
};

TEST_F(AdaptiveLimitTest, BeginsWithAGuess) {
  EXPECT_EQ(levels().limit, kFirstGuess);
  EXPECT_EQ(fill(), kFirstGuess);
  EXPECT_EQ(levels().in_flight, kFirstGuess);
  EXPECT_EQ(ask().retry_after, kSoon);
  EXPECT_FALSE(limit().is_clients_fault());
  all_end(kQuick);
}

TEST_F(AdaptiveLimitTest, HearsHowLongRequestsTake) {
  ASSERT_TRUE(limit().wants_ticks());
  EXPECT_EQ(levels().p99_s, 0);
  for (int i = 0; i < 20; ++i) work(kQuick);
  EXPECT_NEAR(levels().p99_s, 0.01, 0.0002);
  EXPECT_NEAR(levels().baseline_s, 0.01, 0.0002);
}

TEST_F(AdaptiveLimitTest, LearnsNothingFromWhatSaysNothing) {
  for (int i = 0; i < 20; ++i) work({.took = kNanosPerMilli, .counts = false});
  EXPECT_EQ(levels().p99_s, 0);
  EXPECT_EQ(levels().baseline_s, 0);
  EXPECT_EQ(levels().limit, kFirstGuess);
}

/// Somebody sends requests that he gives a millisecond, nine for each that is answered in ten.
TEST_F(AdaptiveLimitTest, ClientsThatDoNotWaitMakeNoUpstreamLookQuick) {
  for (int i = 0; i < 5; ++i) work(kQuick);
  for (int i = 0; i < 20; ++i) {
    for (int hurried = 0; hurried < 9; ++hurried) {
      fill();
      all_end({.took = kNanosPerMilli, .counts = true, .at_least = true});
    }
    work(kQuick);
  }
  EXPECT_NEAR(levels().baseline_s, 0.01, 0.0002);
  EXPECT_NEAR(levels().p99_s, 0.01, 0.0002);
}

TEST_F(AdaptiveLimitTest, ClientsThatWaitInVainTellThatItTakesLonger) {
  for (int i = 0; i < 5; ++i) work(kQuick);
  for (int i = 0; i < 5; ++i) work({.took = 500 * kNanosPerMilli, .counts = true, .at_least = true});
  EXPECT_NEAR(levels().p99_s, 0.5, 0.02);
}

TEST_F(AdaptiveLimitTest, LetsMoreInWhileTheUpstreamBearsIt) {
  for (int i = 0; i < 10; ++i) work(kQuick);
  EXPECT_GT(levels().limit, 2 * kFirstGuess);
  EXPECT_EQ(fill(), levels().limit);
  all_end(kQuick);
}

TEST_F(AdaptiveLimitTest, LetsFewerInOnceTheUpstreamIsFull) {
  for (int i = 0; i < 10; ++i) work(kQuick);
  const std::uint64_t before = levels().limit;
  for (int i = 0; i < 300; ++i) work_at_capacity();
  EXPECT_LT(levels().limit, before / 4);
  all_end(kQuick);
}

TEST_F(AdaptiveLimitTest, ALowerClassLeavesSixPlacesAndAHigherOneMayGoBeyond) {
  reserve_share = 15;
  EXPECT_EQ(fill(), kFirstGuess - 6);
  reserve_share = 0;
  EXPECT_EQ(fill(), 6u);
  beyond_share = 30;
  EXPECT_EQ(fill(), 10u) << "twice six, but no more than half of the limit";
  all_end(kQuick);
}

TEST_F(AdaptiveLimitTest, ThatALowerClassIsRefusedLetsItGrowBelowItsLimit) {
  reserve_share = 15;
  for (int i = 0; i < 5; ++i) {
    for (int burst = 0; burst < 4; ++burst) {
      fill();
      all_end({.took = 200 * kNanosPerMilli, .counts = true});
    }
    pass_time(kNanosPerSecond);
    limit().tick(now);
  }
  EXPECT_GT(levels().limit, kFirstGuess);
}

TEST_F(AdaptiveLimitTest, TheNextProcessGoesOnWithWhatWasLearned) {
  for (int i = 0; i < 10; ++i) work(kQuick);
  const std::uint64_t learned = levels().limit;
  upgrade();
  EXPECT_EQ(levels().limit, learned);
  EXPECT_NEAR(levels().baseline_s, 0.01, 0.0002);
  EXPECT_EQ(fill(), learned);
  all_end(kQuick);
}

TEST_F(AdaptiveLimitTest, MemoryThatCanNotBeIsNotBelieved) {
  const std::string no_numbers(sizeof(limiters::AdaptiveMemory), '\xff');
  for (const std::string& memory : {std::string(), std::string(3, 'x'), no_numbers}) {
    upgrade_to(memory);
    EXPECT_EQ(levels().limit, kFirstGuess) << memory.size();
  }
}

}  // namespace
}  // namespace penstock::filters
