// Files that load, and what comes of them.
#include <chrono>
#include <cstdio>
#include <fstream>

#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class LoadedConfig : public Loading {
 protected:
  /// One upstream "u", and these routes.
  Config with_routes(const std::string& routes) const {
    return loaded(
        "listeners: ['127.0.0.1:80']\nupstreams: {u: {endpoints: ['a:1'], timeouts: {connect: 3s}}}\nroutes:\n" +
        routes);
  }
};

TEST_F(LoadedConfig, EveryDefaultIsFilledIn) {
  const Config config = loaded(kLeast);
  EXPECT_GE(config.workers, 1u);
  EXPECT_EQ(config.admin->bind.text(), "127.0.0.1:9901");
  EXPECT_FALSE(config.access_log);
  EXPECT_EQ(config.log_level, LogLevel::info);
  EXPECT_EQ(config.drain_timeout, seconds(25));
  EXPECT_EQ(config.listeners[0].max.body, 10u << 20);
}

TEST_F(LoadedConfig, TheLongFormsSetEachKey) {
  const Config config = loaded(
      "workers: 3\n"
      "listeners: [{bind: '[::]:8080', timeouts: {header: 1s, body: 2s, idle: 3s},\n"
      "             max: {request_line: 1KiB, header_bytes: 2KiB, header_fields: 3, body: unlimited, "
      "requests_per_connection: 5}}]\n"
      "trusted_proxies: [10.0.0.0/8, '::1']\n"
      "forwarded_headers: {x_forwarded: false, forwarded: true}\n"
      "admin: {bind: 'unix:/run/admin.sock'}\n"
      "access_log: {path: /var/log/a.log, format: combined}\n"
      "log: {level: debug}\n"
      "drain_timeout: 7s\n"
      "routes: [{respond: 204}]\n");
  EXPECT_EQ(config.workers, 3u);
  EXPECT_EQ(config.listeners[0].bind.text(), "[::]:8080");
  EXPECT_EQ(config.listeners[0].timeouts.idle, seconds(3));
  EXPECT_EQ(config.listeners[0].max.body, kUnlimited);
  EXPECT_EQ(config.listeners[0].max.header_fields, 3u);
  EXPECT_EQ(config.trusted_proxies, (std::vector<std::string>{"10.0.0.0/8", "::1/128"}));
  EXPECT_FALSE(config.forwarded_headers.x_forwarded);
  EXPECT_TRUE(config.forwarded_headers.forwarded);
  EXPECT_EQ(config.admin->bind.unix_path, "/run/admin.sock");
  EXPECT_EQ(config.access_log->format, LogFormat::combined);
  EXPECT_EQ(config.log_level, LogLevel::debug);
  EXPECT_EQ(config.drain_timeout, seconds(7));
}

TEST_F(LoadedConfig, TheShortFormsMeanTheSame) {
  const Config config = loaded(std::string(kLeast) + "admin: '127.0.0.1:1'\naccess_log: stderr\nlog: warn\n");
  EXPECT_EQ(config.admin->bind.port, 1);
  EXPECT_EQ(config.access_log->path, "stderr");
  EXPECT_EQ(config.access_log->format, LogFormat::json);
  EXPECT_EQ(config.log_level, LogLevel::warn);
}

TEST_F(LoadedConfig, AdminAndAccessLogCanBeOff) {
  const Config config = loaded(std::string(kLeast) + "admin: off\naccess_log: off\n");
  EXPECT_FALSE(config.admin);
  EXPECT_FALSE(config.access_log);
  EXPECT_FALSE(loaded(std::string(kLeast) + "admin: false\n").admin);
}

TEST_F(LoadedConfig, EndpointsHaveAShortAndALongForm) {
  const Config config =
      loaded(std::string(kLeast) +
             "upstreams:\n  u:\n    endpoints: [Users:9001, {address: '[::1]:2', weight: 3, zone: a}]\n"
             "    pool: {max_idle: 1, max_connections: 2, idle: 3s}\n");
  const Upstream& u = config.upstreams.at(0);
  EXPECT_EQ(u.name, "u");
  EXPECT_EQ(u.endpoints[0].address.text(), "users:9001");
  EXPECT_EQ(u.endpoints[0].weight, 1u);
  EXPECT_EQ(u.endpoints[1].weight, 3u);
  EXPECT_EQ(u.endpoints[1].zone, "a");
  EXPECT_EQ(u.pool.max_connections, 2u);
}

TEST_F(LoadedConfig, ARouteTakesOverWhatItDoesNotOverride) {
  const Config config = with_routes("  - {upstream: u, timeouts: {total: 10m}, max_body: unlimited}\n");
  EXPECT_EQ(config.routes[0].upstream, 0u);
  EXPECT_EQ(config.routes[0].timeouts.connect, seconds(3));
  EXPECT_EQ(config.routes[0].timeouts.total, minutes(10));
  EXPECT_EQ(config.routes[0].max_body, kUnlimited);
}

TEST_F(LoadedConfig, TheTotalTimeoutIsLeftOpenUnlessItIsSet) {
  EXPECT_FALSE(with_routes("  - upstream: u\n").routes[0].timeouts.total);
}

TEST_F(LoadedConfig, AMatchIsKeptInTheCaseThatItIsComparedIn) {
  const Match match = with_routes(
                          "  - match: {host: API.Example.com, path: '/A/{x}', methods: [get], headers: {X-Env: Gray},\n"
                          "            query: {V: 2}}\n    upstream: u\n")
                          .routes[0]
                          .match;
  EXPECT_EQ(match.host, "api.example.com");
  EXPECT_EQ(match.path, "/A/{x}");
  EXPECT_EQ(match.methods, (std::vector<std::string>{"GET"}));
  EXPECT_EQ(match.headers[0], (std::pair<std::string, std::string>("x-env", "Gray")));
  EXPECT_EQ(match.query[0], (std::pair<std::string, std::string>("V", "2")));
}

TEST_F(LoadedConfig, DirectAnswersAndRedirectsHaveShortForms) {
  const Config config =
      with_routes("  - {match: {path: /a}, respond: 410}\n  - {match: {path: /b}, redirect: 'https://{host}/'}\n");
  EXPECT_EQ(config.routes[0].respond->status, 410);
  EXPECT_EQ(config.routes[0].respond->content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(config.routes[1].redirect->to, "https://{host}/");
  EXPECT_EQ(config.routes[1].redirect->status, 302);
}

TEST_F(LoadedConfig, RoutesWithoutAnIdGetOneThatNoOtherHas) {
  const Config config = with_routes(
      "  - upstream: u\n  - {match: {path: /all}, upstream: u}\n  - {id: all-2, match: {path: /x}, upstream: u}\n");
  EXPECT_EQ(config.routes[0].id, "all");
  EXPECT_EQ(config.routes[1].id, "all-3");
  EXPECT_EQ(config.routes[2].id, "all-2");
}

TEST_F(LoadedConfig, SeveralListenersMayTakeAnyFreePort) {
  EXPECT_EQ(loaded("listeners: ['127.0.0.1:0', '127.0.0.1:0']\nroutes: [{respond: 204}]\n").listeners.size(), 2u);
}

TEST_F(LoadedConfig, TenThousandRoutesLoad) {
  std::string yaml = "listeners: ['127.0.0.1:80']\nupstreams: {u: {endpoints: ['a:1']}}\nroutes:\n";
  for (int i = 0; i < 10'000; ++i) {
    yaml += "  - {match: {host: api.example.com, path: '/service/" + std::to_string(i) +
            "/*', methods: [GET]}, upstream: u}\n";
  }
  EXPECT_EQ(loaded(yaml).routes.size(), 10'000u);
}

TEST_F(LoadedConfig, AFileIsReadFromDisk) {
  const std::string path = testing::TempDir() + "penstock_load_test.yaml";
  std::ofstream(path) << kLeast;
  EXPECT_TRUE(load_file(path, environment()).config);
  std::remove(path.c_str());
}

TEST_F(LoadedConfig, AFileThatCannotBeReadIsAProblem) {
  const auto missing = load_file("/nowhere/x.yaml", environment());
  ASSERT_EQ(missing.problems.size(), 1u);
  EXPECT_EQ(missing.problems[0].text(), "/nowhere/x.yaml: cannot be read: No such file or directory");
  EXPECT_EQ(load_file("/", environment()).problems.at(0).text(), "/: cannot be read: Is a directory");
}

}  // namespace
}  // namespace penstock::conf
