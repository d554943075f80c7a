// health_check and outlier: what is read, and what is refused.
#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class Health : public Loading {
 protected:
  /// An upstream with these keys, which begin at line 3, column 36.
  static std::string file(const std::string& keys) {
    return kLeast + ("upstreams: {u: {endpoints: ['a:1'], " + keys + "}}");
  }
  Upstream upstream(const std::string& keys) const {
    const Config config = loaded(file(keys));
    return config.upstreams.empty() ? Upstream{} : config.upstreams[0];
  }
  HealthCheck check(const std::string& value) const {
    return upstream("health_check: " + value).health_check.value_or(HealthCheck{});
  }
  Outlier outlier(const std::string& value) const { return upstream("outlier: " + value).outlier.value_or(Outlier{}); }
  std::string problem_of(const std::string& keys) const { return problem(file(keys)); }
  Upstream again(const std::string& keys) const { return loaded(to_yaml(loaded(file(keys)))).upstreams.at(0); }
};

TEST_F(Health, ByDefaultOnlyRequestsTell) {
  const Upstream u = upstream("pool: {}");
  EXPECT_FALSE(u.health_check);
  EXPECT_EQ(u.outlier->consecutive_failures, 5u);
  EXPECT_EQ(u.outlier->eject_for, seconds(10));
  EXPECT_FALSE(u.outlier->latency_ratio);
}

TEST_F(Health, APathIsEnoughForACheck) {
  EXPECT_EQ(check("/healthz").path, "/healthz");
  EXPECT_EQ(check("/healthz").status, std::vector<StatusRange>{StatusRange{}});
  EXPECT_EQ(check("/healthz").interval, seconds(5));
}

TEST_F(Health, ACheckWithoutAPathIsAConnection) {
  for (const char* value : {"tcp", "{}", "{interval: 5s}"}) {
    EXPECT_TRUE(upstream("health_check: " + std::string(value)).health_check) << value;
    EXPECT_EQ(check(value).path, "") << value;
  }
  EXPECT_FALSE(upstream("health_check: off").health_check);
}

TEST_F(Health, AnotherShortFormIsToldThePossibleOnes) {
  EXPECT_EQ(problem_of("health_check: http"),
            "3:51: health_check: must be a path such as /healthz, or tcp, is \"http\"");
}

TEST_F(Health, ACheckHasALongForm) {
  const HealthCheck c = check(
      "{path: '/h?x', host: H.internal, port: 9100, status: [204, 3xx, 400-404], interval: 1s, timeout: 500ms,"
      " unhealthy_after: 1, healthy_after: 4}");
  EXPECT_EQ(c.path, "/h?x");
  EXPECT_EQ(c.host, "h.internal");
  EXPECT_EQ(c.port, 9100);
  EXPECT_EQ(c.status, (std::vector<StatusRange>{{204, 204}, {300, 399}, {400, 404}}));
  EXPECT_EQ(c.timeout.count(), 500);
  EXPECT_EQ(c.unhealthy_after, 1u);
  EXPECT_EQ(c.healthy_after, 4u);
}

TEST_F(Health, ACheckEndsBeforeTheNextBegins) {
  EXPECT_EQ(check("{interval: 1s}").timeout, seconds(1));
  EXPECT_EQ(check("{interval: 1m}").timeout, seconds(2));
  EXPECT_EQ(problem_of("health_check: {interval: 1s, timeout: 1500ms}"),
            "3:75: health_check: timeout: must not be longer than the interval, which is 1s, is 1500ms");
}

TEST_F(Health, WhatHttpNeedsIsAProblemWithoutAPath) {
  EXPECT_EQ(problem_of("health_check: {host: a}"),
            "3:52: health_check: host is for a check by HTTP, which needs a path");
  EXPECT_EQ(problem_of("health_check: {status: [200]}"),
            "3:52: health_check: status is for a check by HTTP, which needs a path");
}

TEST_F(Health, AStatusIsListedOnce) {
  EXPECT_EQ(problem_of("health_check: {path: /, status: [2xx, 200-299]}"), "3:75: status: \"200-299\" is listed twice");
  EXPECT_EQ(problem_of("health_check: {path: /, status: [1xx]}"),
            "3:70: status: must be a status such as 200, 2xx or 200-399, is \"1xx\"");
}

TEST_F(Health, OutlierHasALongForm) {
  const Outlier o = outlier(
      "{consecutive_failures: 0, failure_ratio: 0.25, min_requests: 5, window: 30s, success_rate_stdev: 1.9,"
      " latency_ratio: 4, eject_for: 1s, max_eject_for: 2s, max_ejected: 0.1, enforce: false}");
  EXPECT_EQ(o.consecutive_failures, 0u);
  EXPECT_EQ(o.failure_ratio, 0.25);
  EXPECT_EQ(o.min_requests, 5u);
  EXPECT_EQ(o.window, seconds(30));
  EXPECT_EQ(o.success_rate_stdev, 1.9);
  EXPECT_EQ(o.latency_ratio, 4.0);
  EXPECT_EQ(o.eject_for, seconds(1));
  EXPECT_EQ(o.max_eject_for, seconds(2));
  EXPECT_EQ(o.max_ejected, 0.1);
  EXPECT_FALSE(o.enforce);
}

TEST_F(Health, OutlierCanBeOff) {
  EXPECT_FALSE(upstream("outlier: off").outlier);
  EXPECT_FALSE(again("outlier: off").outlier);
}

TEST_F(Health, TheLongestEjectionIsNoShorterThanTheFirst) {
  EXPECT_EQ(outlier("{eject_for: 1m}").max_eject_for, minutes(5));
  EXPECT_EQ(outlier("{eject_for: 1h}").max_eject_for, minutes(60));
  EXPECT_EQ(problem_of("outlier: {eject_for: 10s, max_eject_for: 5s}"),
            "3:78: outlier: max_eject_for: must not be shorter than eject_for, which is 10s, is 5s");
}

TEST_F(Health, AWindowIsShort) {
  EXPECT_EQ(problem_of("outlier: {window: 1h}"), "3:55: window: must be 1s … 1m, is 1h");
}

TEST_F(Health, SurvivesBeingWritten) {
  const Upstream u = again(
      "health_check: {path: /h, port: 1, status: [204, 3xx], interval: 1s}, outlier: {latency_ratio: 4.5, eject_for: "
      "1h}");
  EXPECT_EQ(u.health_check->path, "/h");
  EXPECT_EQ(u.health_check->port, 1);
  EXPECT_EQ(u.health_check->status, (std::vector<StatusRange>{{204, 204}, {300, 399}}));
  EXPECT_EQ(u.health_check->timeout, seconds(1));
  EXPECT_EQ(u.outlier->latency_ratio, 4.5);
  EXPECT_EQ(u.outlier->max_eject_for, minutes(60));
}

TEST_F(Health, ATcpCheckSurvivesBeingWritten) {
  const Upstream u = again("health_check: tcp");
  ASSERT_TRUE(u.health_check);
  EXPECT_EQ(u.health_check->path, "");
}

}  // namespace
}  // namespace penstock::conf
