#include "gateway/observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "gateway/observe/process_stats.h"

namespace penstock::observe {
namespace {

using http::Method;
using ::testing::HasSubstr;
using ::testing::Not;

class MetricsTest : public ::testing::Test {
 protected:
  /// A worker, with its counters of two routes and two upstreams.
  struct Worker : WorkerStats {
    RouteStats& route(std::uint32_t index) { return book.route(index); }
    RouteBook book{2};
    std::array<UpstreamStats, 2> upstreams;
  };

  MetricsTest() {
    input_.workers = {&one_, &two_};
    input_.route_books = {&one_.book, &two_.book};
    input_.route_ids = {"orders", "ping"};
    input_.upstream_names = {"o", "u"};
    for (std::size_t i : {0, 1}) input_.upstream_stats.push_back({&one_.upstreams[i], &two_.upstreams[i]});
    input_.version = "1.2.3";
    input_.revision = "abc";
    input_.start_time_unix_s = 1'700'000'000;
    input_.reloads.loaded_unix_s = 1'700'000'001.5;
  }

  /// The values of the line that begins so; fails if there is none.
  std::string value(const std::string& series) const {
    std::istringstream page(render_metrics(input_));
    for (std::string line; std::getline(page, line);) {
      if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
    }
    return "(no " + series + ")";
  }

  /// What promtool has to say about the page.
  std::string promtool_complaints() const {
    const std::string path = ::testing::TempDir() + "penstock_metrics_" + std::to_string(getpid()) + ".txt";
    std::ofstream(path) << render_metrics(input_);
    FILE* pipe = popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
    std::string output;
    for (int c; (c = fgetc(pipe)) != EOF;) output += static_cast<char>(c);
    const int status = pclose(pipe);
    unlink(path.c_str());
    return status == 0 ? output : output + "exit status " + std::to_string(status);
  }

  Worker one_, two_;
  MetricsInput input_;
};

TEST_F(MetricsTest, AddsUpTheWorkers) {
  one_.route(0).requests.add(Method::get, 200);
  two_.route(0).requests.add(Method::get, 200);
  two_.route(0).requests.add(Method::post, 503);
  one_.connections_accepted.add(3);
  two_.connections_accepted.add(4);
  EXPECT_EQ(value(R"(penstock_http_requests_total{route="orders",method="GET",code="200"})"), "2");
  EXPECT_EQ(value(R"(penstock_http_requests_total{route="orders",method="POST",code="503"})"), "1");
  EXPECT_EQ(value("penstock_connections_accepted_total"), "7");
}

TEST_F(MetricsTest, ShowsOnlyRoutesThatWereUsed) {
  one_.route(0).requests.add(Method::get, 200);
  EXPECT_THAT(render_metrics(input_), Not(HasSubstr("ping")));
}

TEST_F(MetricsTest, CallsARequestWithoutARouteNone) {
  one_.route(0xffffffff).requests.add(Method::other, 404);
  EXPECT_EQ(value(R"(penstock_http_requests_total{route="none",method="_OTHER",code="404"})"), "1");
}

TEST_F(MetricsTest, CallsACodeThatIsNoneOther) {
  one_.upstreams[1].responses.add(Method::get, 999);
  EXPECT_EQ(value(R"(penstock_upstream_requests_total{upstream="u",code="other"})"), "1");
}

TEST_F(MetricsTest, AddsTheMethodsOfAnUpstreamsCodes) {
  one_.upstreams[0].responses.add(Method::get, 200);
  one_.upstreams[0].responses.add(Method::post, 200);
  EXPECT_EQ(value(R"(penstock_upstream_requests_total{upstream="o",code="200"})"), "2");
}

TEST_F(MetricsTest, HistogramsAreCumulativeAndInSeconds) {
  one_.route(1).duration.observe(200'000);
  two_.route(1).duration.observe(300'000'000);
  two_.route(1).duration.observe(40'000'000'000);
  const std::string name = "penstock_http_request_duration_seconds";
  EXPECT_EQ(value(name + R"(_bucket{route="ping",le="0.0001"})"), "0");
  EXPECT_EQ(value(name + R"(_bucket{route="ping",le="0.00025"})"), "1");
  EXPECT_EQ(value(name + R"(_bucket{route="ping",le="0.5"})"), "2");
  EXPECT_EQ(value(name + R"(_bucket{route="ping",le="30"})"), "2");
  EXPECT_EQ(value(name + R"(_bucket{route="ping",le="+Inf"})"), "3");
  EXPECT_EQ(value(name + R"(_count{route="ping"})"), "3");
  EXPECT_EQ(value(name + R"(_sum{route="ping"})"), "40.3002");
}

TEST_F(MetricsTest, ShowsEveryUpstreamFromTheFirstScrapeOn) {
  one_.upstreams[0].connections_idle.add(2);
  two_.upstreams[0].connections_idle.add(1);
  two_.upstreams[0].retries[0].add();
  EXPECT_EQ(value(R"(penstock_upstream_connections{upstream="o",state="idle"})"), "3");
  EXPECT_EQ(value(R"(penstock_upstream_connections{upstream="u",state="active"})"), "0");
  EXPECT_EQ(value(R"(penstock_upstream_retries_total{upstream="o",reason="stale_connection"})"), "1");
  EXPECT_EQ(value(R"(penstock_upstream_connect_errors_total{upstream="u"})"), "0");
}

TEST_F(MetricsTest, ShowsBreakersOfThoseThatHaveOne) {
  input_.upstream_health.resize(2);
  input_.upstream_health[0].breaker = 1;
  input_.upstream_health[0].peers = {{"a:1", true, 2}, {"b:1", true}};
  EXPECT_EQ(value(R"(penstock_upstream_circuit_breaker_state{upstream="o"})"), "1");
  EXPECT_EQ(value(R"(penstock_upstream_endpoint_circuit_breaker_state{upstream="o",peer="a:1"})"), "2");
  EXPECT_THAT(render_metrics(input_), Not(HasSubstr(R"(circuit_breaker_state{upstream="u"})")));
  EXPECT_THAT(render_metrics(input_), Not(HasSubstr(R"(circuit_breaker_state{upstream="o",peer="b:1"})")));
}

TEST_F(MetricsTest, ShowsEveryKindOfErrorButNone) {
  one_.errors[static_cast<std::size_t>(ErrorKind::upstream_reset)].add();
  EXPECT_EQ(value(R"(penstock_errors_total{reason="upstream_reset"})"), "1");
  EXPECT_EQ(value(R"(penstock_errors_total{reason="internal"})"), "0");
  EXPECT_THAT(render_metrics(input_), Not(HasSubstr(R"(reason="none")")));
}

TEST_F(MetricsTest, ShowsWhyFallbacksWereTaken) {
  one_.route(0).degraded[static_cast<std::size_t>(DegradeReason::circuit_open)].add();
  two_.route(0).degraded[static_cast<std::size_t>(DegradeReason::circuit_open)].add(2);
  EXPECT_EQ(value(R"(penstock_http_degraded_requests_total{route=")" + std::string(input_.route_ids[0]) +
                  R"(",reason="circuit_open"})"),
            "3");
  EXPECT_EQ(name(DegradeReason::failure), "failure");
}

TEST_F(MetricsTest, KeepsTheWorkersLoopLagsApart) {
  two_.loop_lag.observe(1'000);
  EXPECT_EQ(value(R"(penstock_event_loop_lag_seconds_count{worker="0"})"), "0");
  EXPECT_EQ(value(R"(penstock_event_loop_lag_seconds_count{worker="1"})"), "1");
  EXPECT_EQ(value("penstock_workers"), "2");
}

TEST_F(MetricsTest, TellsTheControlThreadsLoopLag) {
  DurationHistogram lag;
  lag.observe(1'000);
  input_.control_loop_lag = &lag;
  EXPECT_EQ(value("penstock_control_loop_lag_seconds_count"), "1");
}

TEST_F(MetricsTest, AddsLogLinesLostByTheWorkersAndByTheWriter) {
  one_.access_log_dropped.add(2);
  input_.access_log_lost = 3;
  EXPECT_EQ(value("penstock_access_log_dropped_total"), "5");
}

TEST_F(MetricsTest, TellsWhatIsRunning) {
  input_.draining = true;
  input_.reloads.last_successful = false;
  EXPECT_EQ(value(R"(penstock_build_info{version="1.2.3",revision="abc"})"), "1");
  EXPECT_EQ(value("penstock_draining"), "1");
  EXPECT_EQ(value("penstock_config_last_reload_successful"), "0");
  EXPECT_EQ(value("penstock_config_last_reload_success_timestamp_seconds"), "1700000001.5");
  EXPECT_EQ(value("process_start_time_seconds"), "1700000000");
}

TEST_F(MetricsTest, EscapesLabels) {
  input_.route_ids[0] = "a\"b\\c\nd";
  one_.route(0).requests.add(Method::get, 200);
  EXPECT_EQ(value(R"(penstock_http_requests_total{route="a\"b\\c\nd",method="GET",code="200"})"), "1");
}

TEST_F(MetricsTest, TellsHowEndpointsAre) {
  UpstreamHealth health;
  health.endpoints = {{"healthy", 2}, {"ejected", 1}};
  health.ejections = {{"latency", 5}};
  health.checks_failed = 7;
  health.panic = true;
  health.peers = {{"10.0.0.1:80", true}, {"10.0.0.2:80", false}};
  input_.upstream_health = {health, {}};
  const std::string page = render_metrics(input_);
  for (const char* line : {R"(penstock_upstream_endpoints{upstream="o",state="ejected"} 1)",
                           R"(penstock_upstream_ejections_total{upstream="o",reason="latency"} 5)",
                           R"(penstock_upstream_health_checks_total{upstream="o",result="failed"} 7)",
                           R"(penstock_upstream_panic{upstream="o"} 1)", R"(penstock_upstream_panic{upstream="u"} 0)",
                           R"(penstock_upstream_healthy{upstream="o",peer="10.0.0.2:80"} 0)"}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

TEST_F(MetricsTest, PromtoolHasNothingToSayAboutTheFirstScrape) {
  if (std::system("command -v promtool > /dev/null") != 0) GTEST_SKIP() << "promtool is not installed";
  EXPECT_EQ(promtool_complaints(), "");
}

TEST_F(MetricsTest, PromtoolHasNothingToSayOnceEverythingWasUsed) {
  if (std::system("command -v promtool > /dev/null") != 0) GTEST_SKIP() << "promtool is not installed";
  for (std::uint32_t route : {0u, 1u, 0xffffffffu}) one_.route(route).requests.add(Method::get, 200);
  for (UpstreamStats& upstream : one_.upstreams) upstream.responses.add(Method::get, 200);
  EXPECT_EQ(promtool_complaints(), "");
}

TEST(ProcessStats, AreThoseOfThisProcess) {
  const ProcessStats before = read_process_stats();
  const int fd = dup(STDERR_FILENO);
  EXPECT_EQ(read_process_stats().open_fds, before.open_fds + 1);
  close(fd);
  EXPECT_GT(before.resident_bytes, 1u << 20);
  EXPECT_GT(before.virtual_bytes, before.resident_bytes);
  EXPECT_GE(before.max_fds, before.open_fds);
  EXPECT_GE(before.cpu_seconds, 0);
}

}  // namespace
}  // namespace penstock::observe
