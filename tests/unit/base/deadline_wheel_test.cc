#include "gateway/base/deadline_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace penstock {
namespace {

constexpr Nanos kTick = Nanos{1} << 22;

struct Wait {
  explicit Wait(const Nanos& clock) : now(clock) {}
  const Nanos& now;
  std::vector<Nanos> fired;
  Deadline deadline = Deadline::of<&Wait::fire>(this);

 private:
  void fire() { fired.push_back(now); }
};

class DeadlineWheelTest : public testing::Test {
 protected:
  Nanos now = 1'000 * kNanosPerSecond;
  DeadlineWheel wheel{now};

  void go_to(Nanos time) {
    while (auto next = wheel.next()) {
      if (*next > time) break;
      now = std::max(now, *next);
      wheel.advance(now);
    }
    now = time;
    wheel.advance(now);
  }
};

TEST_F(DeadlineWheelTest, FiresOnceAndNotBeforeItIsDue) {
  Wait wait(now);
  const Nanos due = now + 250 * kNanosPerMilli;
  wheel.arm(wait.deadline, due);
  go_to(due - 1);
  EXPECT_TRUE(wait.fired.empty());
  go_to(due + 10 * kNanosPerSecond);
  ASSERT_EQ(wait.fired.size(), 1u);
  EXPECT_GE(wait.fired[0], due);
  EXPECT_LE(wait.fired[0], due + 2 * kTick);
}

TEST_F(DeadlineWheelTest, CancelledOneNeverFires) {
  Wait wait(now);
  wheel.arm(wait.deadline, now + kNanosPerSecond);
  wait.deadline.cancel();
  go_to(now + 100 * kNanosPerSecond);
  EXPECT_TRUE(wait.fired.empty());
  EXPECT_FALSE(wheel.next());
}

TEST_F(DeadlineWheelTest, ArmingAgainMovesItLater) {
  Wait wait(now);
  wheel.arm(wait.deadline, now + kNanosPerSecond);
  wheel.arm(wait.deadline, now + 75 * kNanosPerSecond);
  go_to(now + 74 * kNanosPerSecond);
  EXPECT_TRUE(wait.fired.empty());
  go_to(now + 2 * kNanosPerSecond);
  EXPECT_EQ(wait.fired.size(), 1u);
}

TEST_F(DeadlineWheelTest, ArmingAgainMovesItEarlier) {
  Wait wait(now);
  wheel.arm(wait.deadline, now + 75 * kNanosPerSecond);
  wheel.arm(wait.deadline, now + kNanosPerSecond);
  go_to(now + kNanosPerSecond + 2 * kTick);
  EXPECT_EQ(wait.fired.size(), 1u);
}

TEST_F(DeadlineWheelTest, ADestroyedOneIsForgotten) {
  auto wait = std::make_unique<Wait>(now);
  wheel.arm(wait->deadline, now + kNanosPerSecond);
  wait.reset();
  go_to(now + 10 * kNanosPerSecond);
}

TEST_F(DeadlineWheelTest, FiringMayDestroyAnotherThatIsDueInTheSameSlot) {
  struct Killer {
    std::unique_ptr<Wait> victim;
    void kill() { victim.reset(); }
    Deadline deadline = Deadline::of<&Killer::kill>(this);
  };
  Killer killer;
  killer.victim = std::make_unique<Wait>(now);
  wheel.arm(killer.deadline, now + kNanosPerSecond);
  wheel.arm(killer.victim->deadline, now + kNanosPerSecond);
  go_to(now + 2 * kNanosPerSecond);
  EXPECT_EQ(killer.victim, nullptr);
}

TEST_F(DeadlineWheelTest, ADueTimeInThePastFiresAtTheNextTurn) {
  Wait wait(now);
  wheel.arm(wait.deadline, now - kNanosPerSecond);
  go_to(now + 2 * kTick);
  EXPECT_EQ(wait.fired.size(), 1u);
}

TEST_F(DeadlineWheelTest, RandomDeadlinesAllFireWithinTwoTicks) {
  std::mt19937_64 random(1);
  std::vector<std::unique_ptr<Wait>> waits;
  std::vector<Nanos> due;
  const Nanos start = now;
  for (int i = 0; i < 2'000; ++i) {
    waits.push_back(std::make_unique<Wait>(now));
    due.push_back(start + random() % (Nanos{1} << (20 + random() % 24)));
    wheel.arm(waits.back()->deadline, due.back());
  }
  go_to(start + (Nanos{1} << 44));
  for (std::size_t i = 0; i < waits.size(); ++i) {
    ASSERT_EQ(waits[i]->fired.size(), 1u) << i;
    EXPECT_GE(waits[i]->fired[0], due[i]);
    EXPECT_LE(waits[i]->fired[0], due[i] + 2 * kTick);
  }
}

}  // namespace
}  // namespace penstock
