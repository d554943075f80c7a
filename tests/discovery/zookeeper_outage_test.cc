// What is told of a service while ZooKeeper, or the way to it, is not well; and how soon all is told anew after that.
#include "tests/discovery/zookeeper_fixture.h"
#include "tests/support/relay.h"
#include "tests/support/socket.h"

namespace penstock::discovery {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class ZooKeeperOutageTest : public ZooKeeperTest {
 protected:
  /// From now until a list with this second instance has been told.
  void expect_told_anew_with_second_in(milliseconds patience) {
    const e2e::Stopwatch stopwatch;
    EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1", "10.0.0.2:80*1"}));
    EXPECT_LE(stopwatch.elapsed(), patience);
    RecordProperty("told_anew_after_ms", static_cast<int>(stopwatch.elapsed().count()));
  }
};

TEST_F(ZooKeeperOutageTest, OfAKilledServerTakesNothingAwayAndEndsWithinASecond) {
  watch_one_order();
  server->kill();
  EXPECT_TRUE(run_until([&] { return !orders.failures.empty(); }));
  run_for(milliseconds(1'500));
  EXPECT_EQ(orders.weighted(), std::vector<std::string>{"10.0.0.1:80*1"});
  EXPECT_EQ(orders.failures.size(), 1u) << "one outage, one word";
  EXPECT_FALSE(registry->status().connected);
  server->start();
  create("/services/orders/10.0.0.2:80");
  expect_told_anew_with_second_in(kAfterOutage);
}

TEST_F(ZooKeeperOutageTest, IsToldAsEndedEvenIfNothingHasChanged) {
  watch_one_order();
  const std::size_t before = orders.lists.size();
  server->kill();
  EXPECT_TRUE(await_connection(false));
  server->start();
  EXPECT_TRUE(run_until([&] { return orders.lists.size() > before; }));
  EXPECT_EQ(orders.weighted(), std::vector<std::string>{"10.0.0.1:80*1"});
}

TEST_F(ZooKeeperOutageTest, LongerThanTheSessionMakesANewOne) {
  config.session_timeout = milliseconds(1'000);
  watch_one_order();
  server->kill();
  run_for(milliseconds(2'500));
  server->start();
  create("/services/orders/10.0.0.2:80");
  expect_told_anew_with_second_in(kAfterOutage);
}

TEST_F(ZooKeeperOutageTest, ThatLostAllDataIsGotOver) {
  // A server that knows less than a client has seen refuses that client, for ever.
  config.session_timeout = milliseconds(1'000);
  watch_one_order();
  server->kill();
  EXPECT_TRUE(await_connection(false));
  server->start_empty();
  EXPECT_TRUE(run_until([&] { return registry->status().connected; }));
  EXPECT_TRUE(await_weighted(orders, {}));
  create("/services/orders/10.0.0.1:80");
  create("/services/orders/10.0.0.2:80");
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1", "10.0.0.2:80*1"}));
}

TEST_F(ZooKeeperOutageTest, OfAServerThatHangsIsNoticedAndEnds) {
  config.session_timeout = milliseconds(1'000);
  watch_one_order();
  server->stop_clock();
  EXPECT_TRUE(run_until([&] { return !orders.failures.empty(); }));
  server->continue_clock();
  create("/services/orders/10.0.0.2:80");
  expect_told_anew_with_second_in(kAfterOutage);
}

TEST_F(ZooKeeperOutageTest, OfAServerThatHangsForAMomentIsNone) {
  watch_one_order();
  server->stop_clock();
  run_for(milliseconds(300));
  server->continue_clock();
  create("/services/orders/10.0.0.2:80");
  expect_told_anew_with_second_in(kAfterOutage);
  EXPECT_THAT(orders.failures, IsEmpty());
}

TEST_F(ZooKeeperOutageTest, ThatOutlivesTheSessionOnTheServersSideIsGotOver) {
  e2e::Relay relay(e2e::SocketAddress::ipv4(server->port()));
  config.servers = {relay.address()};
  config.session_timeout = milliseconds(1'000);
  watch_one_order();
  relay.fall_silent();
  run_for(milliseconds(1'500));
  create("/services/orders/10.0.0.2:80");
  relay.speak_again();
  expect_told_anew_with_second_in(kAfterOutage);
  EXPECT_THAT(registry->status().last_error, HasSubstr("expired"));
}

TEST_F(ZooKeeperOutageTest, OfOneServerIsNoneWhereThereIsAnother) {
  const e2e::RefusedPort refused;
  const e2e::SilentPort silent;
  config.servers = {refused.address(), silent.address(), "no-such-host.invalid:2181", server->address()};
  watch_one_order();
  EXPECT_EQ(registry->status().server, server->address());
}

TEST_F(ZooKeeperOutageTest, OfTheServerInUseMovesOnToAnother) {
  const auto target = e2e::SocketAddress::ipv4(server->port());
  auto one = std::make_unique<e2e::Relay>(target), other = std::make_unique<e2e::Relay>(target);
  config.servers = {one->address(), other->address()};
  watch_one_order();
  auto& in_use = registry->status().server == one->address() ? one : other;
  in_use.reset();
  create("/services/orders/10.0.0.2:80");
  expect_told_anew_with_second_in(kAfterOutage);
}

TEST_F(ZooKeeperOutageTest, FromTheBeginningIsToldOnce) {
  const e2e::RefusedPort refused;
  config.servers = {refused.address()};
  watch_orders();
  EXPECT_TRUE(run_until([&] { return registry->status().errors >= 5; }));
  EXPECT_EQ(orders.failures.size(), 1u);
  EXPECT_THAT(orders.failures[0], HasSubstr("Connection refused"));
  EXPECT_EQ(orders.lists.size(), 0u);
}

TEST_F(ZooKeeperOutageTest, IsToldToWhoeverAsksAgain) {
  const e2e::RefusedPort refused;
  config.servers = {refused.address()};
  watch_orders();
  EXPECT_TRUE(run_until([&] { return orders.failures.size() == 1; }));
  watch->read_again();
  EXPECT_EQ(orders.failures.size(), 1u);
  EXPECT_TRUE(run_until([&] { return orders.failures.size() == 2; }));
  RecordingServices late;
  const auto second = registry->watch_service({"zk", "late", {}, {}, true, {}, {}, {}, {}}, late);
  EXPECT_TRUE(run_until([&] { return late.failures.size() == 1; }));
}

TEST_F(ZooKeeperOutageTest, OfNamesOnlyIsToldByReason) {
  config.servers = {"no-such-host.invalid:2181"};
  watch_orders();
  EXPECT_TRUE(run_until([&] { return !orders.failures.empty(); }));
  EXPECT_THAT(orders.failures[0], HasSubstr("names has an address"));
}

TEST_F(ZooKeeperOutageTest, EndsAlsoForMoreWatchesThanFitIntoOnePacket) {
  // The library's own way to set its watches again is one packet, which servers refuse beyond 1 MB.
  std::vector<std::pair<std::string, std::string>> nodes;
  for (int i = 0; i < 2'000; ++i) {
    nodes.emplace_back("/services/orders/" + std::to_string(i) + std::string(600, 'n'), "10.0.0.1:80");
  }
  create("/services/orders");
  client().create_all(nodes);
  watch_orders();
  EXPECT_TRUE(run_until([&] { return orders.size() == 2'000; }));
  const std::size_t before = orders.lists.size();
  server->kill();
  EXPECT_TRUE(await_connection(false));
  server->start();
  EXPECT_TRUE(run_until([&] { return orders.lists.size() > before; }));
  EXPECT_EQ(orders.size(), 2'000u);
  client().set(nodes[5].first, "10.0.0.2:80");
  EXPECT_TRUE(run_until([&] { return orders.holds("10.0.0.2:80"); })) << "watched again";
}

TEST_F(ZooKeeperOutageTest, DoesNotHoldUpTheEnd) {
  const e2e::SilentPort silent;
  config.servers = {silent.address()};
  watch_orders();
  run_for(milliseconds(50));
  const e2e::Stopwatch stopwatch;
  watch.reset();
  registry.reset();
  EXPECT_LE(stopwatch.elapsed(), kSoon);
}

TEST_F(ZooKeeperOutageTest, InTheMiddleOfThousandsOfAnswersIsGotOver) {
  std::vector<std::pair<std::string, std::string>> nodes;
  for (int i = 0; i < 2'000; ++i) nodes.emplace_back("/services/orders/n" + std::to_string(i), "10.0.0.1:80");
  create("/services/orders");
  client().create_all(nodes);
  watch_orders();
  EXPECT_TRUE(run_until([&] { return registry->status().requests > 100; }));
  server->kill();
  EXPECT_TRUE(await_connection(false));
  server->start();
  EXPECT_TRUE(run_until([&] { return orders.size() == 2'000; }));
}

}  // namespace
}  // namespace penstock::discovery
