#include "gateway/admin/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::admin {
namespace {

using ::testing::HasSubstr;

class AGateway : public AdminSource {
 public:
  std::string metrics_text() const override { return "penstock_workers 2\n"; }
  std::vector<UpstreamView> upstreams() const override { return upstreams_; }
  std::vector<RouteView> routes() const override { return routes_; }
  std::vector<LimitView> limits() const override { return {}; }
  std::vector<RegistryView> registries() const override { return {}; }
  std::vector<DiscoveryView> discoveries() const override { return {}; }
  std::string process_text() const override { return "{}\n"; }
  std::string config_text() const override { return "workers: 2\n"; }
  bool ready() const override { return reason_.empty(); }
  std::string not_ready_reason() const override { return reason_; }

  std::vector<UpstreamView> upstreams_;
  std::vector<RouteView> routes_;
  std::string reason_;
};

class PagesTest : public ::testing::Test {
 protected:
  Page get(std::string_view path) const { return render(path, gateway_); }
  AGateway gateway_;
};

TEST_F(PagesTest, TheFirstPageListsTheOthersAndTheyExist) {
  const Page index = get("/");
  EXPECT_EQ(index.status, 200);
  for (const char* path :
       {"/metrics", "/livez", "/readyz", "/upstreams", "/routes", "/limits", "/registries", "/process", "/config"}) {
    EXPECT_THAT(index.body, HasSubstr(path));
    EXPECT_EQ(get(path).status, 200) << path;
  }
}

TEST_F(PagesTest, AnUnknownPageIsNotFoundAndListsWhatThereIs) {
  for (const char* path : {"/metric", "/metrics/", "", "/Metrics"}) {
    EXPECT_EQ(get(path).status, 404) << path;
    EXPECT_THAT(get(path).body, HasSubstr("/metrics"));
  }
}

TEST_F(PagesTest, IsReadyUntilThereIsAReasonNotTo) {
  EXPECT_EQ(get("/readyz").body, "ok\n");
  gateway_.reason_ = "draining";
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/readyz").body, "draining\n");
}

TEST_F(PagesTest, IsAliveEvenIfNotReady) {
  gateway_.reason_ = "draining";
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(PagesTest, PassesMetricsAndConfigurationOn) {
  EXPECT_EQ(get("/metrics").body, "penstock_workers 2\n");
  EXPECT_EQ(get("/metrics").content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get("/config").body, "workers: 2\n");
}

TEST_F(PagesTest, ShowsBreakersWhereThereAre) {
  EndpointView endpoint;
  endpoint.circuit_breaker = "open";
  gateway_.upstreams_ = {{"orders", "maglev", {endpoint}, 7, true, "half_open"}, {"users", "maglev", {{}}, 1, false}};
  const std::string body = get("/upstreams").body;
  EXPECT_THAT(body, HasSubstr(R"("panic":true,"circuit_breaker":"half_open","endpoints")"));
  EXPECT_THAT(body, HasSubstr(R"("circuit_breaker":"open","usable")"));
  EXPECT_THAT(body, HasSubstr(R"("panic":false,"endpoints")"));
}

TEST_F(PagesTest, ShowsUpstreamsAndTheirEndpoints) {
  EndpointView endpoint;
  endpoint.address = "10.0.0.1:80";
  endpoint.weight = 3;
  endpoint.zone = "a";
  endpoint.state = "ejected";
  endpoint.reason = "5 failures in a row";
  endpoint.since = "2026-01-02T03:04:05.678Z";
  endpoint.usable = false;
  endpoint.share = 0.25;
  endpoint.requests_total = 8;
  endpoint.latency_p99_ms = 12.5;
  gateway_.upstreams_ = {{"orders", "round_robin", {endpoint}, 7, true}, {"users", "maglev", {}, 1, false}};
  EXPECT_EQ(get("/upstreams").content_type, "application/json");
  EXPECT_EQ(get("/upstreams").body,
            R"({"upstreams":[)"
            "\n"
            R"({"name":"orders","balancer":"round_robin","version":7,"panic":true,"endpoints":[)"
            R"({"address":"10.0.0.1:80","weight":3,"zone":"a","priority":0,"state":"ejected",)"
            R"("reason":"5 failures in a row","since":"2026-01-02T03:04:05.678Z","usable":false,"share":0.25,)"
            R"("in_flight":0,"connections_idle":0,"connections_active":0,"requests_total":8,"failures_total":0,)"
            R"("latency_ms":0,"latency_p50_ms":0,"latency_p99_ms":12.5}]},)"
            "\n"
            R"({"name":"users","balancer":"maglev","version":1,"panic":false,"endpoints":[]}]})"
            "\n");
}

TEST_F(PagesTest, ShowsRoutes) {
  gateway_.routes_ = {{"orders", "api.example.com /orders/*", "upstream orders"}, {"q\"", "/q", "respond 200"}};
  EXPECT_EQ(get("/routes").body,
            "{\"routes\":[\n"
            R"({"id":"orders","match":"api.example.com /orders/*","target":"upstream orders","degraded":false},)"
            "\n"
            R"({"id":"q\"","match":"/q","target":"respond 200","degraded":false}]})"
            "\n");
}

TEST_F(PagesTest, AnEmptyListIsStillJson) {
  EXPECT_EQ(get("/routes").body, "{\"routes\":[]}\n");
}

}  // namespace
}  // namespace penstock::admin
