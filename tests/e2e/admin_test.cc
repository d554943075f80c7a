// The admin listener.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

using testing::HasSubstr;

class Admin : public H1ToH1 {
 protected:
  /// The value of a sample, by its name and the beginning of its labels; -1 if there is none.
  static double sample(Gateway& gateway, const std::string& name) {
    const std::string metrics = "\n" + gateway.admin("/metrics").body;
    const std::size_t at = metrics.find("\n" + name);
    if (at == std::string::npos) return -1;
    const std::size_t value = metrics.find(' ', metrics.find_first_of("} ", at + name.size()));
    return std::stod(metrics.substr(value));
  }
};

TEST_F(Admin, SaysThatItIsAliveAndReady) {
  Gateway gateway(backend);
  EXPECT_EQ(gateway.admin("/livez").status(), 200);
  EXPECT_EQ(gateway.admin("/readyz").status(), 200);
}

TEST_F(Admin, ShowsUpstreamsRoutesAndConfiguration) {
  Gateway gateway(backend);
  // What the workers have: they fold a snapshot in at their next turn.
  EXPECT_TRUE(
      eventually([&] { return gateway.admin("/upstreams").body.find(backend.address()) != std::string::npos; }));
  EXPECT_THAT(gateway.admin("/routes").body, HasSubstr("\"all\""));
  EXPECT_THAT(gateway.admin("/config").body, HasSubstr("requests_per_connection"));
}

TEST_F(Admin, UnknownPagesAreNotFound) {
  Gateway gateway(backend);
  EXPECT_EQ(gateway.admin("/nothing").status(), 404);
}

TEST_F(Admin, OnlyReads) {
  Gateway gateway(backend);
  EXPECT_EQ(Client(gateway.admin_port()).ask(post("/config", "x")).status(), 405);
}

TEST_F(Admin, IsNotServedOnTheListeners) {
  Gateway gateway(backend);
  Client(gateway).get("/metrics");
  EXPECT_EQ(backend.request().target(), "/metrics");
}

TEST_F(Admin, CountsRequestsByRouteMethodAndCode) {
  Gateway gateway(backend);
  Client client(gateway);
  for (int i = 0; i < 3; ++i) client.get("/");
  EXPECT_TRUE(eventually([&] { return sample(gateway, "penstock_http_requests_total{route=\"all\"") == 3; }));
  EXPECT_EQ(sample(gateway, "penstock_http_request_duration_seconds_count{route=\"all\""), 3);
}

TEST_F(Admin, CountsErrorsByReason) {
  Gateway gateway(backend);
  Client(gateway).ask("nonsense\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return sample(gateway, "penstock_errors_total{reason=\"bad_request\"") == 1; }));
}

TEST_F(Admin, KeepsNoConnectionsInTheGauges) {
  Gateway gateway(backend);
  const std::string gauge = "penstock_connections{side=\"downstream\",state=\"";
  {
    Client client(gateway);
    client.get("/");
    EXPECT_TRUE(eventually([&] { return sample(gateway, gauge + "idle\"") == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return sample(gateway, gauge + "idle\"") == 0; }));
  EXPECT_EQ(sample(gateway, gauge + "active\""), 0);
}

TEST_F(Admin, MetricsPassPromtool) {
  if (!is_installed("promtool")) GTEST_SKIP() << "promtool is not installed (Debian: prometheus)";
  Gateway gateway(backend);
  Client(gateway).get("/");
  const TempDir directory;
  const std::string file = directory.write("metrics", gateway.admin("/metrics").body);
  Process promtool({"sh", "-c", "promtool check metrics < " + file});
  EXPECT_EQ(promtool.exit_code(), 0);
  EXPECT_EQ(promtool.out().all() + promtool.err().all(), "");
}

TEST_F(Admin, APrometheusScrapesItWithoutAWarning) {
  if (!is_installed("prometheus")) GTEST_SKIP() << "prometheus is not installed (Debian: prometheus)";
  Gateway gateway(backend);
  Client(gateway).get("/");
  const TempDir directory;
  const std::string config =
      directory.write("prometheus.yml",
                      "global: { scrape_interval: 200ms, scrape_timeout: 200ms }\nscrape_configs:\n"
                      "  - { job_name: penstock, static_configs: [{ targets: [\"127.0.0.1:" +
                          std::to_string(gateway.admin_port()) + "\"] }] }\n");
  const RefusedPort kept;  // Prometheus can't be asked which one it took
  const std::uint16_t port = kept.number();
  Process prometheus({"prometheus", "--config.file=" + config, "--storage.tsdb.path=" + directory.path("data"),
                      "--web.listen-address=127.0.0.1:" + std::to_string(port)});
  ASSERT_TRUE(prometheus.err().wait_for("ready to receive web requests")) << prometheus.err().text();
  const auto ask = [&](const std::string& path) { return Client(port).get(path).body; };
  constexpr milliseconds kFirstScrape{30'000};  // it looks for new targets every 5 s
  EXPECT_TRUE(
      eventually([&] { return ask("/api/v1/targets").find("\"health\":\"up\"") != std::string::npos; }, kFirstScrape))
      << ask("/api/v1/targets");
  EXPECT_TRUE(eventually([&] {
    return ask("/api/v1/query?query=penstock_http_requests_total").find("\"route\":\"all\"") != std::string::npos;
  }));
  EXPECT_THAT(ask("/api/v1/targets"), HasSubstr("\"lastError\":\"\""));
  for (const char* bad : {"level=warn", "level=WARN", "level=error", "level=ERROR"}) {
    EXPECT_THAT(prometheus.err().text(), testing::Not(HasSubstr(bad)));
  }
}

}  // namespace
}  // namespace penstock::e2e
