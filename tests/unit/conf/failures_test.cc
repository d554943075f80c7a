// retry and circuit_breaker: what is read, and what is refused.
#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

using std::chrono::seconds;

const std::optional<HedgeAfter> kP95(std::in_place);

class Failures : public Loading {
 protected:
  /// An upstream with these keys, which begin at line 3, column 37; and a route to it.
  static std::string file(const std::string& keys, const std::string& route = "") {
    return "listeners: ['127.0.0.1:80']\nroutes: [{upstream: u" + (route.empty() ? "" : ", " + route) +
           "}]\nupstreams: {u: {endpoints: ['a:1'], " + keys + "}}";
  }
  Config config(const std::string& keys, const std::string& route = "") const { return loaded(file(keys, route)); }
  Retry retry(const std::string& value) const {
    return config("retry: " + value).upstreams.at(0).retry.value_or(Retry{.attempts = 0});
  }
  CircuitBreaker breaker(const std::string& value) const {
    return config("circuit_breaker: " + value)
        .upstreams.at(0)
        .circuit_breaker.value_or(CircuitBreaker{.min_requests = 0});
  }
  /// What a route to an upstream with `keys` makes of them.
  std::optional<Retry> route_retry(const std::string& keys, const std::string& route) const {
    return config(keys, route).routes.at(0).retry;
  }
  std::string problem_of(const std::string& keys) const { return problem(file(keys)); }
  Config again(const std::string& keys, const std::string& route = "") const {
    return loaded(to_yaml(config(keys, route)));
  }
};

TEST_F(Failures, AreLeftAloneByDefault) {
  EXPECT_FALSE(config("pool: {}").upstreams[0].retry);
  EXPECT_FALSE(config("pool: {}").upstreams[0].circuit_breaker);
  EXPECT_FALSE(config("retry: off, circuit_breaker: off").upstreams[0].retry);
}

TEST_F(Failures, RetriesHaveDefaults) {
  const Retry r = retry("{}");
  EXPECT_EQ(r.attempts, 3u);
  EXPECT_EQ(r.on, (std::vector<RetryCause>{RetryCause::connect_failure, RetryCause::reset, status_cause(502),
                                           status_cause(503), status_cause(504)}));
  EXPECT_EQ(r.budget, 0.2);
  EXPECT_EQ(r.min_per_second, 10u);
  EXPECT_EQ(r.max_body, 64u << 10);
  EXPECT_FALSE(r.per_try_timeout);
}

TEST_F(Failures, RetriesHaveALongForm) {
  const Retry r = retry(
      "{attempts: 2, on: [reset, 429], budget: 0.5, min_per_second: 0, backoff: 10ms, max_backoff: 1s, max_body: 1KiB,"
      " per_try_timeout: 2s}");
  EXPECT_EQ(r.attempts, 2u);
  EXPECT_EQ(r.on, (std::vector<RetryCause>{RetryCause::reset, status_cause(429)}));
  EXPECT_EQ(r.budget, 0.5);
  EXPECT_EQ(r.min_per_second, 0u);
  EXPECT_EQ(r.backoff.count(), 10);
  EXPECT_EQ(r.max_backoff, seconds(1));
  EXPECT_EQ(r.max_body, 1024u);
  EXPECT_EQ(r.per_try_timeout, seconds(2));
}

TEST_F(Failures, WhatCannotBeTriedAgainIsAProblem) {
  EXPECT_EQ(problem_of("retry: {on: [conect_failure]}"),
            "3:50: on: must be connect_failure, reset or a status 400 … 599, is \"conect_failure\" (did you mean "
            "\"connect_failure\"?)");
  EXPECT_EQ(problem_of("retry: {on: [200]}"),
            "3:50: on: must be connect_failure, reset or a status 400 … 599, is \"200\"");
  EXPECT_EQ(problem_of("retry: {on: [503, 503]}"), "3:55: on: \"503\" is listed twice");
  EXPECT_EQ(problem_of("retry: {attempts: 11}"), "3:55: attempts: must be 1 … 10, is 11");
}

TEST_F(Failures, TheLongestWaitIsNoShorterThanTheFirst) {
  EXPECT_EQ(retry("{backoff: 1s}").max_backoff, seconds(1));
  EXPECT_EQ(problem_of("retry: {backoff: 1s, max_backoff: 10ms}"),
            "3:71: retry: max_backoff: must not be shorter than backoff, which is 1s, is 10ms");
}

TEST_F(Failures, ARouteOverridesItsUpstreamsRetries) {
  const auto r = route_retry("retry: {attempts: 4, backoff: 5ms}", "retry: {attempts: 2, on: [503]}");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->attempts, 2u);
  EXPECT_EQ(r->on, std::vector<RetryCause>{status_cause(503)});
  EXPECT_EQ(r->backoff.count(), 5);
  EXPECT_FALSE(route_retry("retry: {}", "retry: off"));
  EXPECT_TRUE(route_retry("retry: off", "retry: {}"));
  EXPECT_EQ(route_retry("retry: {attempts: 4}", "max_body: 1KiB")->attempts, 4u);
}

TEST_F(Failures, TheBudgetIsTheUpstreamsAlone) {
  EXPECT_EQ(problem(file("pool: {}", "retry: {budget: 1}")), "2:32: retry: unknown key \"budget\"");
}

TEST_F(Failures, HedgingIsOffUnlessWritten) {
  EXPECT_FALSE(retry("{}").hedge_after);
  EXPECT_FALSE(retry("{hedge_after: off}").hedge_after);
  EXPECT_EQ(retry("{hedge_after: p95}").hedge_after, kP95);
  EXPECT_EQ(retry("{hedge_after: 20ms}").hedge_after, HedgeAfter(milliseconds(20)));
  EXPECT_EQ(problem_of("retry: {hedge_after: p99}"),
            "3:58: hedge_after: must be p95, off or a duration of at least 1ms, is \"p99\"");
}

TEST_F(Failures, ARouteMayHedgeOtherwise) {
  EXPECT_EQ(route_retry("retry: {hedge_after: p95}", "retry: {attempts: 2}")->hedge_after, kP95);
  EXPECT_FALSE(route_retry("retry: {hedge_after: p95}", "retry: {hedge_after: off}")->hedge_after);
  EXPECT_EQ(route_retry("pool: {}", "retry: {hedge_after: 1s}")->hedge_after, HedgeAfter(seconds(1)));
}

TEST_F(Failures, HedgingIsWrittenAsItWasRead) {
  const Config c = again("retry: {hedge_after: p95}", "retry: {hedge_after: off}");
  EXPECT_EQ(c.upstreams[0].retry->hedge_after, kP95);
  EXPECT_FALSE(c.routes[0].retry->hedge_after);
}

TEST_F(Failures, ARouteWithoutAnUpstreamHasNoRetries) {
  EXPECT_EQ(problem("listeners: ['127.0.0.1:80']\nroutes: [{respond: 204, retry: {}}]\n"),
            "2:10: routes: retry is for a route with an upstream");
}

TEST_F(Failures, ABreakerHasDefaults) {
  const CircuitBreaker b = breaker("{}");
  EXPECT_EQ(b.min_requests, 20u);
  EXPECT_EQ(b.failure_ratio, 0.5);
  EXPECT_EQ(b.slow_call, seconds(2));
  EXPECT_EQ(b.slow_ratio, 0.8);
  EXPECT_EQ(b.per, BreakerPer::endpoint);
  EXPECT_TRUE(b.enforce);
}

TEST_F(Failures, ABreakerHasALongForm) {
  const CircuitBreaker b = breaker(
      "{window: 20s, min_requests: 5, failure_ratio: 0.25, slow_call: 1s, slow_ratio: 0, open_for: 3s,"
      " half_open_requests: 2, ramp: 0s, per: both, enforce: false}");
  EXPECT_EQ(b.window, seconds(20));
  EXPECT_EQ(b.min_requests, 5u);
  EXPECT_EQ(b.failure_ratio, 0.25);
  EXPECT_EQ(b.slow_call, seconds(1));
  EXPECT_EQ(b.slow_ratio, 0);
  EXPECT_EQ(b.open_for, seconds(3));
  EXPECT_EQ(b.half_open_requests, 2u);
  EXPECT_EQ(b.ramp.count(), 0);
  EXPECT_EQ(b.per, BreakerPer::both);
  EXPECT_FALSE(b.enforce);
}

TEST_F(Failures, SurviveBeingWritten) {
  const Config c =
      again("retry: {attempts: 2, on: [reset, 429], per_try_timeout: 2s}, circuit_breaker: {per: upstream, ramp: 0s}",
            "retry: {attempts: 5}");
  EXPECT_EQ(c.upstreams[0].retry->on, (std::vector<RetryCause>{RetryCause::reset, status_cause(429)}));
  EXPECT_EQ(c.upstreams[0].retry->per_try_timeout, seconds(2));
  EXPECT_EQ(c.upstreams[0].circuit_breaker->per, BreakerPer::upstream);
  EXPECT_EQ(c.routes[0].retry->attempts, 5u);
  EXPECT_FALSE(again("retry: {}", "retry: off").routes[0].retry);
}

}  // namespace
}  // namespace penstock::conf
