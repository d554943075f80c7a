// How often a list is told of something that changes without end.
#include "discovery/gathering.h"

#include "gateway/io/cpu_time.h"
#include "tests/unit/io/loop_fixture.h"

namespace penstock::discovery {
namespace {

class GatheringTest : public io::LoopTest {
 protected:
  static constexpr Nanos kCost = 3 * kNanosPerMilli;
  int told = 0;
  std::unique_ptr<Gathering> lists = std::make_unique<Gathering>(loop, [this] { tell(); });
  bool ends = false;

  void tell() {
    ++told;
    for (const Nanos until = io::thread_cpu_time() + kCost; io::thread_cpu_time() < until;) continue;
    if (ends) lists.reset();
  }
};

TEST_F(GatheringTest, TheFirstChangeIsToldAtOnceAndMoreAfterARest) {
  lists->soon();
  EXPECT_EQ(told, 1);
  const Nanos then = io::Loop::clock();
  for (int i = 0; i < 5; ++i) lists->soon();
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(lists->waits());
  EXPECT_TRUE(run_until([&] { return told == 2; }));
  EXPECT_GE(io::Loop::clock() - then, 9 * kCost);
  EXPECT_FALSE(lists->waits());
}

TEST_F(GatheringTest, WhatMustBeToldIsToldDuringARest) {
  lists->soon();
  lists->soon();
  EXPECT_TRUE(lists->now());
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(lists->waits());
}

TEST_F(GatheringTest, MayEndWhileItTells) {
  ends = true;
  EXPECT_FALSE(lists->now());
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace penstock::discovery
