// The queue of a concurrency limit under real threads: no call may be lost on the way from one worker to another.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "gateway/filters/limits/admission.h"

namespace penstock::filters {
namespace {

constexpr unsigned kWorkers = 4;
constexpr int kRequestsEach = 2'000;
constexpr std::size_t kUnderWay = 8;  // of a worker's requests, waiting or served
constexpr std::uint32_t kPlaces = 6;

Nanos steady_now() {
  return static_cast<Nanos>(std::chrono::steady_clock::now().time_since_epoch().count());
}

/// A worker's loop: what it is told, and its own requests, which end in a random order.
class Loop {
 public:
  struct Request {
    Admission admission{[](void* self, bool place) { static_cast<Request*>(self)->has_place = place; }, this};
    bool has_place = false;
  };

  Loop(unsigned number, LimitTable& limits, std::atomic<int>& served, std::atomic<bool>& over)
      : number_(number), limits_(limits), served_(served), over_(over), random_(number) {}

  void post(std::function<void(Nanos)> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  void run() {
    int to_come = kRequestsEach;
    while (!over_ && (to_come > 0 || !requests_.empty())) {
      if (to_come > 0 && requests_.size() < kUnderWay) {
        come();
        --to_come;
      }
      run_tasks();
      if (random_() % 2 == 0) end_one();
    }
  }
  /// Calls that come once it has nothing to do any more must go on all the same.
  void run_tasks() {
    std::vector<std::function<void(Nanos)>> tasks;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    for (auto& task : tasks) task(steady_now());
  }

 private:
  void come() {
    Request& request = *requests_.emplace_back(std::make_unique<Request>());
    request.admission.begin(limits_.gates(0));
    const Ruling ruling =
        request.admission.go_on({.now = steady_now(), .head = head_, .client = client_, .worker = number_});
    request.has_place = ruling.decision == Decision::pass;
  }
  void end_one() {
    if (requests_.empty()) return;
    const std::size_t who = random_() % requests_.size();
    const bool served = requests_[who]->has_place;
    if (!served && random_() % 1'024 != 0) return std::this_thread::yield();  // now and then one leaves the line
    requests_[who]->admission.end({.now = steady_now(), .worker = number_, .gave_up = true});
    served_ += served;
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(who));
  }

  const unsigned number_;
  LimitTable& limits_;
  std::atomic<int>& served_;
  std::atomic<bool>& over_;
  std::minstd_rand random_;
  http::RequestHead head_;
  IpAddress client_ = IpAddress::parse("192.0.2.1").value();
  std::deque<std::unique_ptr<Request>> requests_;
  std::mutex mutex_;
  std::vector<std::function<void(Nanos)>> tasks_;
};

TEST(QueuedConcurrencyLimit, LosesNoCallBetweenThreads) {
  conf::Config config;
  config.upstreams.resize(1);
  config.routes.resize(1);
  config.routes[0].upstream = 0;
  conf::Limit& limit = config.upstreams[0].limits.emplace_back();
  limit.kind = conf::LimitKind::concurrency;
  limit.limit = kPlaces;
  limit.queue = 1'000;
  limit.max_wait = conf::milliseconds(3'600'000);
  LimitTable limits(config, kWorkers, SipKey{1, 2});
  std::atomic<int> served{0};
  std::atomic<unsigned> done{0};
  std::atomic<bool> over{false};
  std::deque<Loop> loops;
  for (unsigned i = 0; i < kWorkers; ++i) loops.emplace_back(i, limits, served, over);
  limits.call_workers_by(
      [&](unsigned worker, std::function<void(Nanos)> task) { loops[worker].post(std::move(task)); });

  std::vector<std::thread> threads;
  for (Loop& loop : loops) {
    threads.emplace_back([&] {
      loop.run();
      ++done;
      while (!over) loop.run_tasks();
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (done < kWorkers && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  over = true;
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(done, kWorkers);
  EXPECT_GT(served, static_cast<int>(kWorkers) * kRequestsEach / 2);
  EXPECT_EQ(limits.all()[0]->levels(0, 0).in_flight, 0u);
  EXPECT_EQ(limits.all()[0]->levels(0, 0).waiting, 0u);
}

}  // namespace
}  // namespace penstock::filters
