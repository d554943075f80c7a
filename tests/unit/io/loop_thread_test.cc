// Whose thread a loop's objects belong to is asserted, in builds that have assertions.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "gateway/io/loop.h"

#ifndef NDEBUG

namespace penstock::io {
namespace {

class LoopThreadTest : public testing::Test {
 protected:
  LoopThreadTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  /// Returns when the loop runs, on another thread.
  void run() {
    std::promise<void> begun;
    loop_.post([&] { begun.set_value(); });
    thread_ = std::thread([this] { loop_.run(); });
    begun.get_future().wait();
  }
  void stop() {
    loop_.stop();
    thread_.join();
  }

  Loop loop_;
  std::thread thread_;
  Deadline deadline_{[](void*) {}, nullptr};
};

TEST_F(LoopThreadTest, NobodyElseMayUseALoopWhileItRuns) {
  run();
  EXPECT_DEATH(loop_.assert_here(), "loop_thread_test.cc:[0-9]+: called on another thread than the loop's");
  EXPECT_DEATH(loop_.arm(deadline_, 0), "another thread");
  EXPECT_DEATH(loop_.dispose(nullptr), "another thread");
  stop();
}

TEST_F(LoopThreadTest, ItsOwnThreadMay) {
  run();
  std::promise<void> done;
  loop_.post([&] {
    loop_.assert_here();
    loop_.arm(deadline_, 0);
    done.set_value();
  });
  done.get_future().wait();
  stop();
}

TEST_F(LoopThreadTest, BeforeAndAfterwardsItIsWhoeversHasIt) {
  loop_.arm(deadline_, 0);
  run();
  stop();
  loop_.assert_here();
  loop_.arm(deadline_, 0);
}

}  // namespace
}  // namespace penstock::io

#endif
