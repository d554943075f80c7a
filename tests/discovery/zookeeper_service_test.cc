// What is told of a service while ZooKeeper is well.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "discovery/factory/make_registry.h"
#include "tests/discovery/zookeeper_fixture.h"

namespace penstock::discovery {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;

class ZooKeeperServiceTest : public ZooKeeperTest {};

TEST_F(ZooKeeperServiceTest, IsToldWithAllItsInstances) {
  create("/services/orders/a", "10.0.0.1:80");
  create("/services/orders/10.0.0.2:80");
  create("/services/orders/c", R"({"host":"c.internal","port":80,"weight":5})");
  watch_orders();
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1", "10.0.0.2:80*1", "c.internal:80*5"}));
  EXPECT_TRUE(registry->status().connected);
  EXPECT_EQ(registry->status().server, server->address());
}

TEST_F(ZooKeeperServiceTest, IsToldOfWhatComesChangesAndGoes) {
  watch_one_order();
  create("/services/orders/10.0.0.2:80");
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1", "10.0.0.2:80*1"}));
  client().set("/services/orders/10.0.0.2:80", R"({"host":"10.0.0.2","port":80,"weight":9})");
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1", "10.0.0.2:80*9"}));
  client().remove("/services/orders/10.0.0.1:80");
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.2:80*9"}));
}

TEST_F(ZooKeeperServiceTest, IsToldWithinATenthOfASecondOfAChange) {
  watch_one_order();
  ZooKeeperClient changing = client();
  milliseconds best = milliseconds::max();
  for (int i = 100; i < 106; ++i) {
    run_for(kQuiet);
    const e2e::Stopwatch stopwatch;
    changing.set("/services/orders/10.0.0.1:80", "10.0.0.1:" + std::to_string(i));
    EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:" + std::to_string(i) + "*1"}));
    best = std::min(best, stopwatch.elapsed());
  }
  EXPECT_LE(best, kSoon);
  RecordProperty("best_ms", static_cast<int>(best.count()));
}

TEST_F(ZooKeeperServiceTest, IsEmptyUntilItsNodeComes) {
  watch_orders();
  EXPECT_TRUE(await_weighted(orders, {}));
  EXPECT_THAT(orders.failures, IsEmpty());
  run_for(kQuiet);
  create("/services/orders/10.0.0.1:80");
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1"}));
}

TEST_F(ZooKeeperServiceTest, IsReadAgainWhenItsNodeWentAndCame) {
  watch_one_order();
  client().remove("/services/orders/10.0.0.1:80");
  client().remove("/services/orders");
  EXPECT_TRUE(await_weighted(orders, {}));
  create("/services/orders/10.0.0.2:80");
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.2:80*1"}));
}

TEST_F(ZooKeeperServiceTest, LosesOneBadInstanceRatherThanAll) {
  create("/services/orders/nonsense", "");
  watch_one_order();
  EXPECT_THAT(logged, Contains(HasSubstr("1 of the 2 children of /services/orders are left out; nonsense")));
}

TEST_F(ZooKeeperServiceTest, HasFailedIfNothingMakesSense) {
  create("/services/orders/nonsense", "");
  watch_orders();
  EXPECT_TRUE(run_until([&] { return !orders.failures.empty(); }));
  EXPECT_THAT(orders.failures.front(), HasSubstr("none of its children makes sense"));
  EXPECT_EQ(orders.lists.size(), 0u);
  create("/services/orders/10.0.0.1:80");
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1"}));
}

TEST_F(ZooKeeperServiceTest, OfCuratorIsReadFromItsJson) {
  config.layout = conf::ZooKeeperLayout::curator;
  create("/services/orders/1a", R"({"address":"10.0.0.1","port":80,"payload":{"metadata":{"weight":"3"}}})");
  create("/services/orders/1b", R"({"address":"10.0.0.2","port":80,"enabled":false})");
  watch_orders();
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*3"}));
}

TEST_F(ZooKeeperServiceTest, OfDubboIsReadFromItsProvidersNames) {
  config.layout = conf::ZooKeeperLayout::dubbo;
  config.root = "/dubbo";
  create("/dubbo/orders/providers/tri%3A%2F%2F10.0.0.1%3A80%2Forders%3Fweight%3D7");
  create("/dubbo/orders/consumers/consumer%3A%2F%2F10.0.0.7");
  watch_orders();
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*7"}));
}

TEST_F(ZooKeeperServiceTest, OfDubboHasNoBinaryPortsBesideThoseThatSpeakHttp) {
  config.layout = conf::ZooKeeperLayout::dubbo;
  config.root = "/dubbo";
  const std::string providers = "/dubbo/orders/providers/";
  create(providers + "dubbo%3A%2F%2F10.0.0.1%3A20880%2Forders%3Fweight%3D7");
  watch_orders();
  ASSERT_TRUE(await_weighted(orders, {"10.0.0.1:20880*7"}));
  create(providers + "tri%3A%2F%2F10.0.0.1%3A50051%2Forders%3Fweight%3D7");
  create(providers + "dubbo%3A%2F%2F10.0.0.2%3A20881%2Forders%3Fext.protocol%3Dtri%26weight%3D7");
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:50051*7", "10.0.0.2:20881*7"}));
}

TEST_F(ZooKeeperServiceTest, OfDubboIsNotLoggedWithItsUsersAndTokens) {
  config.layout = conf::ZooKeeperLayout::dubbo;
  config.root = "/dubbo";
  create("/dubbo/orders/providers/tri%3A%2F%2Fshop%3Aswordfish%40nowhere%2Forders%3Ftoken%3Dswordfish");
  conf::Registry any;
  any.zookeeper = config;
  registry = make_registry(parts(), any);
  watch_orders();
  EXPECT_TRUE(run_until([&] { return logged.size() >= 2; }));
  EXPECT_THAT(logged, Contains(HasSubstr("1 of the 1 children of")));
  EXPECT_THAT(logged, Each(Not(HasSubstr("swordfish"))));
}

TEST_F(ZooKeeperServiceTest, IsFoundBelowAChroot) {
  config.chroot = "/prod/eu";
  create("/prod/eu/services/orders/10.0.0.1:80");
  watch_orders();
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1"}));
  create("/prod/eu/services/orders/10.0.0.2:80");
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1", "10.0.0.2:80*1"}));
}

TEST_F(ZooKeeperServiceTest, ThatIsProtectedIsReadByWhoMay) {
  create("/services/orders");
  client("gateway:secret").create_for_me("/services/orders/10.0.0.1:80", "");
  config.auth = {"gateway", "secret"};
  watch_orders();
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1"}));
}

TEST_F(ZooKeeperServiceTest, ThatIsProtectedFailsForOthersAndIsTriedAgain) {
  create("/services");
  client("gateway:secret").create_for_me("/services/orders", "");
  watch_orders();
  EXPECT_TRUE(run_until([&] { return orders.failures.size() > 1; }));
  EXPECT_THAT(orders.failures.front(), HasSubstr("/services/orders: not authenticated"));
  EXPECT_EQ(orders.lists.size(), 0u);
  EXPECT_GT(registry->status().errors, 0u);
  client("gateway:secret").remove("/services/orders");
  EXPECT_TRUE(await_weighted(orders, {}));
}

TEST_F(ZooKeeperServiceTest, OfManyInstancesIsToldInFewLists) {
  std::vector<std::pair<std::string, std::string>> nodes;
  for (int i = 0; i < 2'000; ++i) nodes.emplace_back("/services/orders/n" + std::to_string(i), "10.0.0.1:80");
  watch_orders();
  EXPECT_TRUE(await_weighted(orders, {}));
  client().create_all(nodes);
  EXPECT_TRUE(run_until([&] { return orders.size() == 2'000; }));
  EXPECT_LE(orders.lists.size(), 15u);
  const auto requests = registry->status().requests;
  run_for(milliseconds(1'600));
  client().set("/services/orders/n77", "10.0.0.1:81");
  EXPECT_TRUE(run_until([&] { return orders.holds("10.0.0.1:81"); }));
  EXPECT_LE(registry->status().requests, requests + 2) << "reads only what has changed";
}

TEST_F(ZooKeeperServiceTest, ThatChangesAllTheTimeIsReadTenTimesAndThenEveryOtherSecond) {
  watch_one_order();
  ZooKeeperClient flapping = client();
  const std::size_t before = orders.lists.size();
  for (int i = 0; i < 60; ++i) {
    flapping.set("/services/orders/10.0.0.1:80", "10.0.0.1:" + std::to_string(i + 100));
    run_for(milliseconds(50));
  }
  EXPECT_LE(orders.lists.size() - before, 13u);
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:159*1"}));
}

TEST_F(ZooKeeperServiceTest, IsReadAgainWhenAskedTo) {
  watch_one_order();
  const std::size_t before = orders.lists.size();
  watch->read_again();
  EXPECT_EQ(orders.lists.size(), before);
  EXPECT_TRUE(run_until([&] { return orders.lists.size() > before; }));
}

TEST_F(ZooKeeperServiceTest, CanBeWatchedTwice) {
  watch_one_order();
  RecordingServices again;
  const auto second = registry->watch_service({"zk", "orders", {}, {}, true, {}, {}, {}, {}}, again);
  EXPECT_EQ(again.lists.size(), 0u);
  EXPECT_TRUE(await_weighted(again, {"10.0.0.1:80*1"}));
  create("/services/orders/10.0.0.2:80");
  EXPECT_TRUE(await_weighted(orders, {"10.0.0.1:80*1", "10.0.0.2:80*1"}));
  EXPECT_TRUE(await_weighted(again, {"10.0.0.1:80*1", "10.0.0.2:80*1"}));
}

TEST_F(ZooKeeperServiceTest, IsNoLongerToldOnceTheWatchIsGone) {
  watch_one_order();
  const std::size_t before = orders.lists.size();
  create("/services/orders/10.0.0.2:80");
  watch.reset();
  run_for(milliseconds(50));
  EXPECT_EQ(orders.lists.size(), before);
}

TEST_F(ZooKeeperServiceTest, MayEndTheRegistryFromWithinTheSink) {
  struct Ender final : ServiceSink {
    std::function<void()> end;
    void listed(ServiceList) override { end(); }
    void failed(const std::string&) override {}
  } ender;
  start();
  bool ended = false;
  ender.end = [&] {
    watch.reset();
    registry.reset();
    ended = true;
  };
  conf::Discover what;
  what.service = "orders";
  watch = registry->watch_service(what, ender);
  EXPECT_TRUE(run_until([&] { return ended; }));
}

TEST_F(ZooKeeperServiceTest, LeavesNoSocketToTheProgramThatThisOneBecomes) {
  watch_one_order();
  int sockets = 0;
  for (int fd = 3; fd < 1'000; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || ntohs(peer.sin_port) != server->port())
      continue;
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    ++sockets;
  }
  EXPECT_EQ(sockets, 1);
}

class ZooKeeperValueTest : public ZooKeeperTest {
 protected:
  RecordingValues value;
  void watch_value() {
    start();
    watch = registry->watch_value("/conf/gateway", value);
  }
};

TEST_F(ZooKeeperValueTest, IsTheNodesDataWithItsZxid) {
  create("/conf/gateway", "routes: []");
  watch_value();
  EXPECT_TRUE(run_until([&] { return value.values.size() == 1; }));
  EXPECT_THAT(value.values[0].first, Optional(std::string("routes: []")));
  client().set("/conf/gateway", "");
  EXPECT_TRUE(run_until([&] { return value.values.size() == 2; }, milliseconds(2'000)));
  EXPECT_THAT(value.values[1].first, Optional(std::string()));
  EXPECT_GT(value.values[1].second, value.values[0].second);
}

TEST_F(ZooKeeperValueTest, IsMissingUntilItsNodeComesAndWhenItGoes) {
  watch_value();
  EXPECT_TRUE(run_until([&] { return value.values.size() == 1; }));
  EXPECT_EQ(value.values[0].first, std::nullopt);
  create("/conf/gateway", "x");
  EXPECT_TRUE(run_until([&] { return value.values.size() == 2; }));
  EXPECT_THAT(value.values[1].first, Optional(std::string("x")));
  client().remove("/conf/gateway");
  EXPECT_TRUE(run_until([&] { return value.values.size() == 3; }));
  EXPECT_EQ(value.values[2].first, std::nullopt);
}

}  // namespace
}  // namespace penstock::discovery
