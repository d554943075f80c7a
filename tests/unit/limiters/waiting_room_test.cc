#include "limiters/waiting_room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <queue>
#include <random>
#include <vector>

namespace penstock::limiters {
namespace {

constexpr std::uint64_t kMilli = 1'000'000;

struct Room : testing::Test {
  WaitingRoom::Entry enter(Waiter& waiter) { return room.enter(waiter, now); }
  Waiter* next() { return room.next(now); }
  /// Somebody has been waiting for so long that the queue is a standing one.
  void let_it_stand() {
    enter(old);
    now += 101 * kMilli;
  }

  WaitingRoom room{{.places = 3}};
  Waiter old, a, b, c;
  Waiter critical{Priority::kCritical};
  Waiter sheddable{Priority::kSheddable};
  Waiter background{Priority::kBackground};
  std::uint64_t now = 5'000 * kMilli;
};

TEST_F(Room, ServesTheOldestFirstWhileItEmptiesNowAndThen) {
  enter(a);
  enter(b);
  EXPECT_EQ(next(), &a);
  EXPECT_EQ(next(), &b);
  EXPECT_EQ(next(), nullptr);
  EXPECT_FALSE(a.waiting());
}

TEST_F(Room, ServesTheNewestFirstWhenTheQueueStands) {
  let_it_stand();
  enter(a);
  enter(b);
  EXPECT_EQ(next(), &b);
  EXPECT_EQ(next(), &a);
}

TEST_F(Room, IsPatientWithAShortQueueAndStrictWithAStandingOne) {
  enter(a);
  EXPECT_EQ(a.deadline_ns(), now + 100 * kMilli);
  now += 101 * kMilli;
  enter(b);
  EXPECT_EQ(b.deadline_ns(), now + 5 * kMilli);
}

TEST_F(Room, IsPatientAgainWhenItWasEmpty) {
  let_it_stand();
  room.leave(old);
  enter(a);
  EXPECT_EQ(a.deadline_ns(), now + 100 * kMilli);
}

TEST_F(Room, PassesOverThoseWhoAreOverdue) {
  let_it_stand();
  enter(a);
  now += 5 * kMilli;
  EXPECT_EQ(next(), nullptr);
  EXPECT_TRUE(a.waiting());
  EXPECT_EQ(room.size(), 2u);
}

TEST_F(Room, ServesTheHigherClassFirst) {
  enter(background);
  enter(a);
  enter(critical);
  EXPECT_EQ(next(), &critical);
  EXPECT_EQ(next(), &a);
  EXPECT_EQ(next(), &background);
}

TEST_F(Room, SendsTheLowestClassAwayWhenItIsFull) {
  enter(a);
  enter(background);
  enter(sheddable);
  EXPECT_EQ(enter(b).displaced, &background);
  EXPECT_EQ(enter(critical).displaced, &sheddable);
  EXPECT_FALSE(sheddable.waiting());
  EXPECT_FALSE(enter(c).entered);
  EXPECT_EQ(room.size(), 3u);
}

TEST_F(Room, MayBeFullWithSomebodyElsesWaiters) {
  enter(background);
  EXPECT_FALSE(room.enter(sheddable, now, true).displaced == nullptr);
  EXPECT_FALSE(room.enter(background, now, true).entered);
}

TEST_F(Room, SaysWhoWouldBeNextAndWhoHasWaitedTheLongest) {
  EXPECT_EQ(room.oldest(), nullptr);
  let_it_stand();
  enter(a);
  EXPECT_EQ(room.oldest(), &old);
  EXPECT_EQ(room.first(now), &a);
  EXPECT_EQ(room.size(), 2u);
  enter(critical);
  EXPECT_EQ(room.oldest(), &critical);
}

TEST_F(Room, KeepsStrictOrderWhereThatIsWanted) {
  WaitingRoom strict{{.places = 9, .patience_ns = 300 * kMilli, .in_order = true}};
  strict.enter(a, now);
  strict.enter(b, now + 290 * kMilli);
  strict.enter(c, now + 301 * kMilli);
  EXPECT_EQ(c.deadline_ns(), now + 601 * kMilli);
  EXPECT_EQ(strict.next(now + 302 * kMilli), &b) << "the first is overdue";
  EXPECT_EQ(strict.next(now + 302 * kMilli), &c);
}

TEST_F(Room, HasAStandingQueueOfOneClassAlone) {
  enter(background);
  now += 200 * kMilli;
  enter(critical);
  EXPECT_TRUE(room.standing(Priority::kBackground, now));
  EXPECT_EQ(critical.deadline_ns(), now + 100 * kMilli);
}

TEST_F(Room, ForgetsAWaiterThatIsDestroyed) {
  enter(a);
  {
    Waiter gone;
    enter(gone);
    enter(b);
  }
  EXPECT_EQ(next(), &a);
  EXPECT_EQ(next(), &b);
  EXPECT_EQ(room.size(), 0u);
}

TEST(WaitingRoom, ReleasesItsWaitersWhenItIsDestroyed) {
  Waiter waiter;
  {
    WaitingRoom room({});
    room.enter(waiter, 0);
  }
  EXPECT_FALSE(waiter.waiting());
}

/// Ten servers, exponential 10 ms each, and a room before them; clients leave after 100 ms.
class BeforeTenServers {
 public:
  explicit BeforeTenServers(std::uint64_t seed) : random_(seed) {}

  struct Good {
    double critical = 0;  ///< share of the critical requests that were answered in time
    double all = 0;       ///< answers in time, as a share of the capacity
  };
  Good run(double load, double critical_load, double seconds) {
    double arrival = 0;
    std::uint64_t critical = 0;
    while (arrival < seconds) {
      arrival += exponential(0.001 / (load + critical_load));
      advance(arrival);
      const bool is_critical = uniform() < critical_load / (load + critical_load);
      critical += is_critical ? 1 : 0;
      arrive(arrival, is_critical);
    }
    return {static_cast<double>(good_critical_) / static_cast<double>(std::max<std::uint64_t>(critical, 1)),
            static_cast<double>(good_) / seconds / 1000};
  }

 private:
  struct Request : Waiter {
    Request(double arrival, bool critical)
        : Waiter(critical ? Priority::kCritical : Priority::kSheddable), at(arrival), important(critical) {}
    double at;
    bool important;
  };
  double uniform() { return std::uniform_real_distribution<double>()(random_); }
  double exponential(double mean) { return std::exponential_distribution<double>(1 / mean)(random_); }
  static std::uint64_t ns(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

  void arrive(double now, bool critical) {
    while (!requests_.empty() && !requests_.front()->waiting()) requests_.pop_front();
    auto request = std::make_unique<Request>(now, critical);
    if (busy_.size() < 10) return serve(*request, now);
    room_.enter(*request, ns(now));
    requests_.push_back(std::move(request));
  }
  void advance(double to) {
    while (!busy_.empty() && busy_.top() <= to) {
      const double now = busy_.top();
      busy_.pop();
      expire(now);
      if (auto* request = static_cast<Request*>(room_.next(ns(now)))) serve(*request, now);
    }
    expire(to);
  }
  void expire(double now) {
    for (auto& request : requests_) {
      if (request->waiting() && request->deadline_ns() <= ns(now)) room_.leave(*request);
    }
  }
  void serve(const Request& request, double now) {
    const double done = now + exponential(0.010);
    busy_.push(done);
    if (done > request.at + 0.1) return;
    ++good_;
    good_critical_ += request.important ? 1 : 0;
  }

  std::mt19937_64 random_;
  WaitingRoom room_{{.places = 100}};
  std::deque<std::unique_ptr<Request>> requests_;
  std::priority_queue<double, std::vector<double>, std::greater<>> busy_;
  std::uint64_t good_ = 0;
  std::uint64_t good_critical_ = 0;
};

TEST(WaitingRoom, KeepsTheServersBusyWithAnswersThatAreInTime) {
  for (double load : {1.2, 2.0, 5.0, 10.0}) EXPECT_GE(BeforeTenServers(1).run(load, 0, 30).all, 0.95) << load;
}

TEST(WaitingRoom, ServesTheCriticalUnderTenTimesTheLoadOfOthers) {
  EXPECT_GE(BeforeTenServers(2).run(10, 0.5, 30).critical, 0.994);
}

}  // namespace
}  // namespace penstock::limiters
