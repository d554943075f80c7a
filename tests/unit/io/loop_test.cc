#include "gateway/io/loop.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "gateway/io/background.h"
#include "tests/unit/io/loop_fixture.h"

namespace penstock::io {
namespace {

TEST_F(LoopTest, RunsWhatOtherThreadsPostOnItsOwnThreadInOrder) {
  std::vector<int> order;
  std::thread::id ran_on;
  std::thread other([&] {
    for (int i = 0; i < 3; ++i) {
      loop.post([&, i] {
        order.push_back(i);
        ran_on = std::this_thread::get_id();
      });
    }
    loop.stop();
  });
  loop.run();
  other.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST_F(LoopTest, ATaskMayPostAnother) {
  int ran = 0;
  loop.post([&] { loop.post([&] { ++ran; }); });
  EXPECT_TRUE(run_until([&] { return ran == 1; }));
}

TEST_F(LoopTest, ACrowdOfTasksIsSpreadOverTurnsAndKeepsItsOrder) {
  std::vector<int> order;
  std::vector<Nanos> turns;
  for (int i = 0; i < 4; ++i) {
    loop.post([&, i] {
      order.push_back(i);
      turns.push_back(loop.now());
      if (i == 0) loop.post([&] { order.push_back(4); });
      while (Loop::clock() < turns.back() + 5 * kNanosPerMilli) continue;
    });
  }
  EXPECT_TRUE(run_until([&] { return order.size() == 5; }));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(std::adjacent_find(turns.begin(), turns.end()), turns.end());
}

TEST_F(LoopTest, ATaskIsGoneBeforeTheNextOneBegins) {
  const auto held = std::make_shared<int>();
  long holders = 0;
  loop.post([held] {});
  loop.post([&] { holders = held.use_count(); });
  EXPECT_TRUE(run_until([&] { return holders > 0; }));
  EXPECT_EQ(holders, 1);
}

TEST_F(LoopTest, TimeStandsStillWithinATurnAndMovesBetweenThem) {
  const Nanos first = loop.now();
  while (uv_hrtime() == first) continue;
  EXPECT_EQ(loop.now(), first);
  turn();
  EXPECT_GT(loop.now(), first);
}

TEST_F(LoopTest, WallTimeIsTheSystems) {
  const auto system_ms = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const auto before = system_ms();
  const auto ours = static_cast<std::int64_t>(loop.unix_ms());
  EXPECT_GE(ours, before - 2);
  EXPECT_LE(ours, system_ms() + 2);
}

TEST_F(LoopTest, DeadlinesFireInTurnAndNotEarly) {
  struct Wait {
    Loop& loop;
    Nanos fired = 0;
    void fire() { fired = loop.now(); }
    Deadline deadline = Deadline::of<&Wait::fire>(this);
  };
  Wait soon{loop}, later{loop};
  const Nanos start = loop.now();
  loop.arm(later.deadline, 20 * kNanosPerMilli);
  loop.arm(soon.deadline, 5 * kNanosPerMilli);
  EXPECT_TRUE(run_until([&] { return later.fired; }));
  EXPECT_GE(soon.fired, start + 5 * kNanosPerMilli);
  EXPECT_GE(later.fired, start + 20 * kNanosPerMilli);
  EXPECT_LE(soon.fired, later.fired);
}

TEST_F(LoopTest, WhatIsDisposedLivesToTheTurnsEnd) {
  struct Object : Disposable {
    explicit Object(bool& g) : gone(g) {}
    ~Object() override { gone = true; }
    bool& gone;
  };
  bool gone = false;
  loop.dispose(std::make_unique<Object>(gone));
  EXPECT_FALSE(gone);
  turn();
  EXPECT_TRUE(gone);
}

TEST_F(LoopTest, TurnsThatDidSomethingAreObserved) {
  int turns = 0;
  loop.on_turn([&](Nanos) { ++turns; });
  turn();
  EXPECT_EQ(turns, 0);
  loop.now();
  turn();
  EXPECT_EQ(turns, 1);
}

TEST_F(LoopTest, WhatIsPostedIsPartOfATurn) {
  Nanos longest = 0;
  loop.on_turn([&](Nanos took) { longest = std::max(longest, took); });
  loop.post([] {
    for (const Nanos begun = Loop::clock(); Loop::clock() < begun + 2 * kNanosPerMilli;) continue;
  });
  EXPECT_TRUE(run_until([&] { return longest >= 2 * kNanosPerMilli; }));
}

TEST_F(LoopTest, WhatIsFreedInTheBackgroundIsFreedByAnotherThread) {
  struct Object {
    ~Object() { *freed_by = std::this_thread::get_id(); }
    std::atomic<std::thread::id>* freed_by;
  };
  std::atomic<std::thread::id> freed_by;
  free_in_background(loop, std::shared_ptr<Object>(new Object{&freed_by}));
  EXPECT_TRUE(run_until([&] { return freed_by.load() != std::thread::id(); }));
  EXPECT_NE(freed_by.load(), std::this_thread::get_id());
}

}  // namespace
}  // namespace penstock::io
