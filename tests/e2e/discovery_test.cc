// Endpoints from real registries, in trouble and out of it, with requests going on all the time.
#include <utility>

#include "tests/e2e/discovery_fixture.h"
#include "tests/support/successor.h"

namespace penstock::e2e {
namespace {

class Discovery : public DiscoveryFixture, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override { settle_in(GetParam()); }
};

TEST_P(Discovery, EndpointsComeAndGo) {
  const Fleet fleet(2);
  enter_all(fleet);
  const Gateway gateway(yaml());
  EXPECT_TRUE(uses(gateway, 2));
  town_->leave(address(fleet, 0));
  EXPECT_TRUE(uses(gateway, 1));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(answers_from(gateway, 1));
  town_->enter(address(fleet, 0));
  EXPECT_TRUE(uses(gateway, 2));
}

TEST_P(Discovery, ARegistryThatIsKilledIsNotNoticed) {
  const Fleet fleet(2);
  enter_all(fleet);
  const Gateway gateway(yaml());
  EXPECT_TRUE(uses(gateway, 2));
  Crowd crowd(gateway);
  EXPECT_TRUE(crowd.asks(50));
  town_->kill();
  EXPECT_TRUE(is(gateway, "stale"));
  EXPECT_TRUE(crowd.asks(100));
  EXPECT_TRUE(uses(gateway, 2));
  town_->start();
  EXPECT_TRUE(is(gateway, "fresh"));
  EXPECT_TRUE(uses(gateway, 2));
  EXPECT_EQ(crowd.end(), 0u);
}

TEST_P(Discovery, ARegistryThatFreezesIsNotNoticed) {
  const Fleet fleet(2);
  enter_all(fleet);
  const Gateway gateway(yaml());
  EXPECT_TRUE(uses(gateway, 2));
  Crowd crowd(gateway);
  town_->freeze();
  EXPECT_TRUE(crowd.asks(300));
  EXPECT_TRUE(uses(gateway, 2));
  town_->thaw();
  EXPECT_TRUE(crowd.asks(50));
  EXPECT_TRUE(is(gateway, "fresh"));
  EXPECT_EQ(crowd.end(), 0u);
}

TEST_P(Discovery, AGatewayStartsWithWhatItKnewWhileTheRegistryIsDead) {
  const Fleet fleet(2);
  enter_all(fleet);
  {
    const Gateway gateway(yaml());
    EXPECT_TRUE(uses(gateway, 2));
  }
  town_->kill();
  const Gateway gateway(yaml());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_TRUE(is(gateway, "from_disk"));
  town_->start();
  EXPECT_TRUE(is(gateway, "fresh"));
}

TEST_P(Discovery, ARollingDeployLosesNothing) {
  Fleet fleet(3);
  enter_all(fleet);
  const Gateway gateway(yaml());
  EXPECT_TRUE(uses(gateway, 3));
  Crowd crowd(gateway);
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    town_->leave(address(fleet, i));
    EXPECT_TRUE(uses(gateway, 2));
    EXPECT_TRUE(crowd.asks(20));
    fleet.kill(i);
    EXPECT_TRUE(crowd.asks(20));
    fleet.revive(i);
    town_->enter(address(fleet, i));
    EXPECT_TRUE(uses(gateway, 3));
  }
  EXPECT_EQ(crowd.end(), 0u);
}

TEST_P(Discovery, ARegistryThatTakesAwayEverybodyIsNotBelievedUntilSomebodySaysSo) {
  const Fleet fleet(1);
  enter_all(fleet);
  const Gateway gateway(yaml());
  EXPECT_TRUE(uses(gateway, 1));
  town_->leave(address(fleet, 0));
  EXPECT_TRUE(eventually([&] { return json_member(gateway.admin("/registries").body, "suspect_removals") == "1"; }));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  const std::string accept = request("POST", "/registries/accept?upstream=orders", "Content-Length: 0\r\n");
  EXPECT_EQ(Client(gateway.admin_port()).ask(accept).status(), 200);
  EXPECT_TRUE(eventually([&] { return Client(gateway).get("/").status() == 503; }));
  EXPECT_EQ(Client(gateway.admin_port()).ask(accept).status(), 409);
}

/// So says a registry that was started anew.
TEST_P(Discovery, AServiceThatIsForgottenIsThereAsLongAsItsEndpointsAnswer) {
  const Fleet fleet(1);
  enter_all(fleet);
  std::string text = yaml();
  const std::string service = "service: orders";
  text.insert(text.find(service) + service.size(), ", shrink_protection: { confirm_after: 300ms, empty_after: 1s }");
  const Gateway gateway(text);
  const auto suspects = [&] { return json_member(gateway.admin("/registries").body, "suspect_removals"); };
  EXPECT_TRUE(uses(gateway, 1));
  Crowd crowd(gateway);
  EXPECT_TRUE(crowd.asks(20));
  town_->leave(address(fleet, 0));
  EXPECT_TRUE(eventually([&] { return suspects() == "1"; }));
  EXPECT_FALSE(eventually([&] { return suspects() == "0"; }, std::chrono::seconds(2)));
  EXPECT_EQ(crowd.end(), 0u);
  EXPECT_TRUE(uses(gateway, 0)) << "they are silent now";
}

TEST_P(Discovery, EndpointsThatAreGoneInEarnestNeedNoWord) {
  Fleet fleet(1);
  enter_all(fleet);
  const Gateway gateway(yaml(", health_check: { path: /, interval: 50ms, unhealthy_after: 1 }"));
  EXPECT_TRUE(uses(gateway, 1));
  fleet.kill(0);
  town_->leave(address(fleet, 0));
  EXPECT_TRUE(uses(gateway, 0));
}

TEST_P(Discovery, TheGatewayIsKnownInTheRegistryUntilItDrains) {
  const Fleet fleet(1);
  enter_all(fleet);
  Gateway gateway(yaml("", "announce:\n  - { registry: it, service: edge, host: 127.0.0.1, port: 80 }\n"));
  EXPECT_TRUE(eventually([&] { return town_->count("edge") == 1; }));
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.process().exit_code(), 0);
  EXPECT_EQ(town_->count("edge"), 0u);
}

TEST_P(Discovery, AnUpgradeOfTheGatewayIsNotSeenThere) {
  const Fleet fleet(1);
  enter_all(fleet);
  Gateway gateway(yaml("", "announce:\n  - { registry: it, service: edge, host: 127.0.0.1, port: 80 }\n"));
  EXPECT_TRUE(eventually([&] { return town_->count("edge") == 1; }));
  gateway.signal(SIGUSR2);
  bool over = false;
  EXPECT_TRUE(eventually([&] {
    EXPECT_EQ(town_->count("edge"), 1u);
    return std::exchange(over, !gateway.process().is_running());  // and once more after its end
  }));
  Successor successor(gateway);
  successor.signal(SIGTERM);
  EXPECT_EQ(successor.exit_code(), 0);
  EXPECT_EQ(town_->count("edge"), 0u);
}

TEST_P(Discovery, TheConfigurationItselfMayBeAKey) {
  const auto with_route = [&](const std::string& path) {
    return yaml() + "  - { match: { path: " + path + " }, respond: 204 }\n";
  };
  const std::vector<std::string> arguments = {"-c", town_->key_argument("penstock/config"), "--state-dir",
                                              state_.path("state")};
  town_->put("penstock/config", with_route("/one"));
  {
    Gateway gateway(Gateway::Arguments{arguments});
    EXPECT_EQ(Client(gateway).get("/one").status(), 204);
    town_->put("penstock/config", with_route("/two"));
    EXPECT_TRUE(eventually([&] { return Client(gateway).get("/two").status() == 204; }));
    town_->put("penstock/config", "listeners: []\n");
    EXPECT_TRUE(gateway.process().err().wait_for("the new configuration is not used"));
    EXPECT_EQ(Client(gateway).get("/two").status(), 204);
  }
  town_->kill();
  const Gateway gateway(Gateway::Arguments{arguments});
  EXPECT_EQ(Client(gateway).get("/two").status(), 204);
}

INSTANTIATE_TEST_SUITE_P(Of, Discovery, ::testing::ValuesIn(kTowns), [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace penstock::e2e
