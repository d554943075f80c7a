// What limits hear of how a request ended.
#include "gateway/filters/limits/limits_filter.h"

#include <gtest/gtest.h>

#include <memory>

namespace penstock::filters {
namespace {

class LimitsFilterTest : public ::testing::Test, private Waker {
 protected:
  conf::Config config;
  std::unique_ptr<LimitTable> table;
  std::unique_ptr<LimitsFilter> filter;
  std::shared_ptr<StateLayout> layout = std::make_shared<StateLayout>();
  StateBlock block{*this};
  void* state = nullptr;
  http::RequestHead head;
  IpAddress client = IpAddress::parse("192.0.2.1").value();
  http::Reply reply;
  Nanos now = 1'000 * kNanosPerSecond;

  LimitsFilterTest() {
    config.upstreams.resize(1);
    config.upstreams[0].name = "app";
    conf::Route& route = config.routes.emplace_back();
    route.id = "all";
    route.upstream = 0;
    conf::Limit& limit = route.limits.emplace_back();
    limit.kind = conf::LimitKind::adaptive;
    limit.name = "adaptive";
    table = std::make_unique<LimitTable>(config, 1, SipKey{1, 2});
    filter = std::make_unique<LimitsFilter>(table->gates(0), table->fallback_gates(0), config.rate_limit_headers);
    const std::size_t offset = layout->place_of(*filter->state_kind());
    block.fit(layout);
    state = block.at(offset);
  }
  void wake() override {}

  Scope scope() {
    return {.head = head,
            .client = client,
            .client_ip = "192.0.2.1",
            .request_id = "id",
            .scheme = "http",
            .now = now,
            .unix_ms = now / kNanosPerMilli,
            .reply = reply};
  }
  /// So many requests, one after the other, each of which ends like this.
  void requests(int count, Nanos took, Outcome outcome) {
    for (int i = 0; i < count; ++i) {
      filter->start(scope(), state);
      ASSERT_EQ(filter->on_request(scope(), state).step, Verdict::Step::go_on);
      now += took;
      outcome.now = now;
      outcome.of_upstream = true;
      filter->leave(state, outcome);
    }
    now += kNanosPerSecond / 10;
    table->tick(now);
  }
  double p99_ms() const { return table->all().front()->levels(now, now / kNanosPerMilli).p99_s * 1000; }
  double baseline_ms() const { return table->all().front()->levels(now, now / kNanosPerMilli).baseline_s * 1000; }
  void learn_ten_milliseconds() {
    for (int i = 0; i < 10; ++i) requests(30, 10 * kNanosPerMilli, {.status = 200});
    ASSERT_NEAR(baseline_ms(), 10, 0.5);
  }
};

TEST_F(LimitsFilterTest, AnAdaptiveLimitLearnsNothingGoodOfClientsThatLeaveOrWillNotWait) {
  learn_ten_milliseconds();
  const Outcome left = {.error = ErrorKind::client_gone};
  const Outcome hurried = {.error = ErrorKind::total_timeout, .status = 504, .clients_bound = true};
  for (int i = 0; i < 10; ++i) {
    requests(30, kNanosPerMilli, left);
    requests(30, kNanosPerMilli, hurried);
    requests(30, 10 * kNanosPerMilli, {.status = 200});
  }
  EXPECT_NEAR(baseline_ms(), 10, 0.5);
}

TEST_F(LimitsFilterTest, AnAdaptiveLimitLearnsOfTimeoutsOfOurOwn) {
  learn_ten_milliseconds();
  for (int i = 0; i < 5; ++i) requests(30, 5 * kNanosPerMilli, {.error = ErrorKind::total_timeout, .status = 504});
  EXPECT_LT(baseline_ms(), 9);
}

TEST_F(LimitsFilterTest, AnAdaptiveLimitLearnsThatClientsHaveWaitedInVain) {
  learn_ten_milliseconds();
  for (int i = 0; i < 10; ++i) requests(30, 300 * kNanosPerMilli, {.error = ErrorKind::client_gone});
  EXPECT_GT(p99_ms(), 250);
}

}  // namespace
}  // namespace penstock::filters
