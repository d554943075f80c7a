// Requests that wait for a place: who gets it, on which worker, and who is sent away. The workers' threads are played
// by the test: what they are told lies in `posted` until the test lets them turn.
#include "gateway/filters/limits/queued_concurrency.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "gateway/filters/limits/admission.h"

namespace penstock::filters {
namespace {

using conf::Priority;

/// A request, as its exchange sees it.
struct Request {
  explicit Request(unsigned on_worker = 0, Priority of_class = Priority::normal)
      : worker(on_worker), priority(of_class) {}
  const unsigned worker;
  const Priority priority;
  bool has_place = false;
  bool sent_away = false;
  Nanos wait = 0;
  Admission admission{[](void* self, bool place) { static_cast<Request*>(self)->told(place); }, this};

  void told(bool place) { (place ? has_place : sent_away) = true; }
  bool waits() const { return admission.in_line(); }
};

class QueueTest : public ::testing::Test {
 protected:
  conf::Config config;
  std::unique_ptr<LimitTable> table;
  std::deque<std::pair<unsigned, std::function<void(Nanos)>>> posted;
  http::RequestHead head;
  IpAddress client = IpAddress::parse("192.0.2.1").value();
  Nanos now = 1'000 * kNanosPerSecond;

  QueueTest() {
    config.upstreams.resize(1);
    config.routes.resize(1);
    config.routes[0].upstream = 0;
    conf::Limit& limit = config.upstreams[0].limits.emplace_back();
    limit.kind = conf::LimitKind::concurrency;
    limit.limit = 1;
    limit.queue = 10;
  }
  conf::Limit& limit() { return config.upstreams[0].limits[0]; }
  Limit& limiter() { return *limits().all()[0]; }
  LimitTable& limits() {
    if (table) return *table;
    table = std::make_unique<LimitTable>(config, 4, SipKey{1, 2});
    table->call_workers_by(
        [this](unsigned worker, std::function<void(Nanos)> task) { posted.emplace_back(worker, std::move(task)); });
    return *table;
  }

  void come(Request& request) {
    request.admission.begin(limits().gates(0), request.priority);
    const Ruling ruling =
        request.admission.go_on({.now = now, .head = head, .client = client, .worker = request.worker});
    request.has_place = ruling.decision == Decision::pass;
    request.sent_away = ruling.decision == Decision::refuse;
    request.wait = ruling.wait;
    now += 2 * kNanosPerMilli;  // further apart than what different workers' requests may overtake
  }
  void end(Request& request) { request.admission.end({.now = now, .worker = request.worker, .gave_up = true}); }
  void time_is_up(Request& request) {
    request.sent_away = request.admission.sent_away(now).decision == Decision::refuse;
  }
  /// The workers' loops turn until nothing is left to do; returns how many calls that were.
  int turn() {
    int turns = 0;
    for (; !posted.empty() && turns < 100'000; ++turns) {
      const auto task = std::move(posted.front().second);
      posted.pop_front();
      task(now);
    }
    return turns;
  }
};

TEST_F(QueueTest, WhoFindsNoPlaceWaitsForOne) {
  Request first, second;
  come(first);
  come(second);
  EXPECT_TRUE(first.has_place);
  EXPECT_TRUE(second.waits());
  EXPECT_EQ(second.wait, kNanosPerSecond);
  end(first);
  turn();
  EXPECT_TRUE(second.has_place);
  EXPECT_FALSE(second.waits());
  end(second);
  EXPECT_EQ(limiter().levels(now, 0).in_flight, 0u);
}

TEST_F(QueueTest, NobodyIsCalledWhileNobodyWaits) {
  for (int i = 0; i < 10; ++i) {
    Request request;
    come(request);
    end(request);
  }
  EXPECT_TRUE(posted.empty());
}

TEST_F(QueueTest, AWaiterOfAnotherWorkerIsCalledOnce) {
  Request first(0), second(3);
  come(first);
  come(second);
  end(first);
  ASSERT_EQ(posted.size(), 1u);
  EXPECT_EQ(posted.front().first, 3u);
  EXPECT_EQ(turn(), 1);
  EXPECT_TRUE(second.has_place);
  end(second);
}

TEST_F(QueueTest, PlacesGoToWhoHasWaitedTheLongestOnWhicheverWorker) {
  std::deque<Request> requests;
  for (const unsigned worker : {0, 2, 1, 2, 0, 1}) come(requests.emplace_back(worker));
  for (std::size_t i = 0; i + 1 < requests.size(); ++i) {
    EXPECT_TRUE(requests[i].has_place) << i;
    EXPECT_FALSE(requests[i + 1].has_place) << i;
    end(requests[i]);
    turn();
  }
  end(requests.back());
}

TEST_F(QueueTest, WhoComesNowStandsBehindThoseWhoWait) {
  Request first, second, late;
  come(first);
  come(second);
  end(first);
  come(late);
  EXPECT_FALSE(late.has_place) << "the place is free, but it is another's";
  turn();
  EXPECT_TRUE(second.has_place);
  EXPECT_TRUE(late.waits());
  end(second);
  turn();
  EXPECT_TRUE(late.has_place);
  end(late);
}

TEST_F(QueueTest, WhoFindsTheQueueFullIsRefused) {
  limit().queue = 2;
  std::deque<Request> requests;
  for (const unsigned worker : {0, 0, 1, 2}) come(requests.emplace_back(worker));
  EXPECT_TRUE(requests[2].waits());
  EXPECT_TRUE(requests[3].sent_away);
  EXPECT_EQ(limiter().counts().refused, 1u);
  EXPECT_EQ(limiter().levels(now, 0).waiting, 2u);
  for (Request& request : requests) end(request);
  EXPECT_EQ(limiter().levels(now, 0).waiting, 0u);
}

TEST_F(QueueTest, WhoLeavesTheLineLeavesHisPlaceInIt) {
  limit().queue = 1;
  Request first, leaving, next;
  come(first);
  come(leaving);
  end(leaving);
  come(next);
  end(first);
  turn();
  EXPECT_TRUE(next.has_place);
  end(next);
  EXPECT_EQ(limiter().counts().passed, 2u) << "who has left neither passed nor was refused";
}

TEST_F(QueueTest, WhoWaitsInVainIsRefusedAndCounted) {
  Request first, second;
  come(first);
  come(second);
  time_is_up(second);
  EXPECT_TRUE(second.sent_away);
  EXPECT_EQ(limiter().counts().refused, 1u);
  EXPECT_EQ(limiter().counts().waited, 0u);
  end(first);
  EXPECT_EQ(turn(), 0);
}

TEST_F(QueueTest, APlaceForWhoHasJustLeftGoesToTheNext) {
  Request first(0), leaving(1), next(2);
  come(first);
  come(leaving);
  come(next);
  end(first);
  end(leaving);  // its worker is called already
  turn();
  EXPECT_TRUE(next.has_place);
  end(next);
}

TEST_F(QueueTest, SeveralPlacesAtOnceFindSeveralWaiters) {
  limit().limit = 3;
  std::deque<Request> requests;
  for (const unsigned worker : {0, 0, 0, 1, 2, 3}) come(requests.emplace_back(worker));
  for (std::size_t i = 0; i < 3; ++i) end(requests[i]);
  turn();
  for (std::size_t i = 3; i < 6; ++i) EXPECT_TRUE(requests[i].has_place) << i;
  for (Request& request : requests) end(request);
}

TEST_F(QueueTest, OfSeveralPlacesAWorkerTakesOnlyThoseThatAreNotAnothers) {
  limit().limit = 2;
  std::deque<Request> requests;
  for (const unsigned worker : {0, 0, 1, 2, 1}) come(requests.emplace_back(worker));
  end(requests[0]);
  end(requests[1]);
  turn();
  EXPECT_TRUE(requests[2].has_place);
  EXPECT_TRUE(requests[3].has_place);
  EXPECT_TRUE(requests[4].waits());
  for (Request& request : requests) end(request);
}

TEST_F(QueueTest, WhoIsOverdueKeepsNobodyFromAFreePlace) {
  Request first(0), overdue(1), late(2);
  come(first);
  come(overdue);
  now += 2 * kNanosPerSecond;  // and its timer has not fired yet
  end(first);
  turn();
  EXPECT_FALSE(overdue.has_place);
  come(late);
  turn();
  EXPECT_TRUE(late.has_place);
  time_is_up(overdue);
  end(late);
}

TEST_F(QueueTest, ByPriorityTheHigherClassGoesFirst) {
  limit().order = conf::QueueOrder::priority;
  Request first(0, Priority::critical), low(1, Priority::background), high(2, Priority::critical);
  come(first);
  come(low);
  come(high);
  end(first);
  turn();
  EXPECT_TRUE(high.has_place);
  EXPECT_FALSE(low.has_place);
  end(high);
  turn();
  EXPECT_TRUE(low.has_place);
  end(low);
}

TEST_F(QueueTest, ByPriorityAFullQueueSendsTheLowestAway) {
  limit().order = conf::QueueOrder::priority;
  limit().queue = 1;
  Request first, low(0, Priority::background), high(0, Priority::critical);
  come(first);
  come(low);
  come(high);
  EXPECT_TRUE(high.waits());
  EXPECT_FALSE(low.sent_away) << "not in the middle of another's call";
  turn();
  EXPECT_TRUE(low.sent_away);
  time_is_up(low);
  EXPECT_EQ(limiter().levels(now, 0).waiting, 1u);
  end(first);
  turn();
  EXPECT_TRUE(high.has_place);
  end(high);
}

TEST_F(QueueTest, WhoIsSentAwayMayLeaveBeforeHeHearsOfIt) {
  limit().order = conf::QueueOrder::priority;
  limit().queue = 1;
  Request first, high(0, Priority::critical);
  come(first);
  {
    Request low(0, Priority::background);
    come(low);
    come(high);
    end(low);
  }
  turn();
  end(first);
  turn();
  EXPECT_TRUE(high.has_place);
  end(high);
}

TEST_F(QueueTest, ALowClassWaitsWhileTheReserveOfAHigherOneIsFree) {
  config.routes.emplace_back().upstream = 0;
  config.routes[1].priority = Priority::critical;
  limit().order = conf::QueueOrder::priority;
  limit().limit = 10;
  std::deque<Request> requests;
  for (int i = 0; i < 10; ++i) come(requests.emplace_back());
  EXPECT_TRUE(requests[8].has_place);
  EXPECT_TRUE(requests[9].waits());
  Request vital(1, Priority::critical);
  come(vital);
  EXPECT_TRUE(vital.has_place);
  end(vital);
  turn();
  EXPECT_TRUE(requests[9].waits());
  end(requests[0]);
  turn();
  EXPECT_TRUE(requests[9].has_place);
  for (Request& request : requests) end(request);
}

TEST_F(QueueTest, OneThatIsNotEnforcedMakesNobodyWait) {
  limit().enforce = false;
  Request first, second;
  come(first);
  come(second);
  EXPECT_TRUE(second.has_place);
  EXPECT_EQ(limiter().counts().refused, 1u);
  end(first);
  end(second);
}

// Whatever comes, ends, leaves and is told in whatever order: never more than the limit have places, and none is free
// while somebody waits and nobody has been called.
TEST_F(QueueTest, InAnyOrderOfEventsNobodyWaitsBesideAFreePlace) {
  limit().limit = 5;
  limit().queue = 20;
  limit().max_wait = conf::milliseconds(3'600'000);
  std::mt19937 random(4);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::deque<std::unique_ptr<Request>> alive;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t what = below(8);
    if (what < 3) {
      auto request = std::make_unique<Request>(static_cast<unsigned>(below(4)));
      come(*request);
      if (!request->sent_away) alive.push_back(std::move(request));
    } else if (what < 6 && !alive.empty()) {
      const std::size_t who = below(alive.size());
      end(*alive[who]);
      alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(who));
    } else if (!posted.empty()) {
      const auto task = std::move(posted.front().second);
      posted.pop_front();
      task(now);
    }
    const Limit::Levels levels = limiter().levels(now, 0);
    ASSERT_LE(levels.in_flight, 5u);
    ASSERT_TRUE(levels.waiting == 0 || levels.in_flight == 5 || !posted.empty()) << step;
  }
  for (auto& request : alive) end(*request);
  turn();
  EXPECT_EQ(limiter().levels(now, 0).in_flight, 0u);
}

}  // namespace
}  // namespace penstock::filters
