// A registry's client and a real ZooKeeper server, which a test may kill.
#pragma once

#include <memory>
#include <string>

#include "discovery/zookeeper/zookeeper.h"
#include "tests/discovery/registry_fixture.h"
#include "tests/discovery/zookeeper_client.h"
#include "tests/support/zookeeper_server.h"

namespace penstock::discovery {

/// What is needed of a sanitizer's build before it counts as slow.
inline constexpr milliseconds kSoon{e2e::kSanitized ? 1'000 : 100};
/// After so long without reading, a change is read at once.
inline constexpr milliseconds kQuiet{120};
inline constexpr milliseconds kAfterOutage{e2e::kSanitized ? 5'000 : 1'000};

class ZooKeeperTest : public RegistryTest {
 protected:
  RecordingServices orders;
  std::unique_ptr<e2e::ZooKeeperServer> server;
  std::unique_ptr<Registry> registry;
  std::unique_ptr<Watch> watch;
  conf::ZooKeeper config;

  void SetUp() override {
    const std::string why = e2e::ZooKeeperServer::why_skip();
    if (!why.empty()) GTEST_SKIP() << why;
    server = std::make_unique<e2e::ZooKeeperServer>();
    config.servers = {server->address()};
    config.root = "/services";
    config.layout = conf::ZooKeeperLayout::plain;
  }
  void TearDown() override {
    watch.reset();
    registry.reset();
  }

  ZooKeeperClient client(const std::string& proof = {}) { return ZooKeeperClient(server->port(), proof); }
  void create(const std::string& path, const std::string& data = {}) { client().create(path, data); }

  void start() { registry = make_zookeeper(parts(), config); }
  void watch_orders() {
    if (!registry) start();
    conf::Discover what;
    what.service = "orders";
    watch = registry->watch_service(what, orders);
  }
  /// Watches orders, which has one instance, 10.0.0.1:80.
  void watch_one_order() {
    create("/services/orders/10.0.0.1:80");
    watch_orders();
    EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1"}));
  }
  bool await_connection(bool connected = true) {
    return run_until([&] { return registry->status().connected == connected; });
  }
  std::unique_ptr<Announcement> announce() {
    if (!registry) start();
    conf::Announce what;
    what.service = "edge";
    what.host = "10.0.0.9";
    what.port = 8080;
    return registry->announce(what);
  }
};

}  // namespace penstock::discovery
