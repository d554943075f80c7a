// Endpoints from real registries, in trouble and out of it, with requests going on all the time.
#include <atomic>
#include <thread>

#include "tests/support/fixture.h"
#include "tests/support/fleet.h"
#include "tests/support/http_call.h"
#include "tests/support/town.h"

namespace penstock::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Clients that ask all the time, and how often they were not answered well.
class Crowd {
 public:
  explicit Crowd(const Gateway& gateway, int size = 2) {
    for (int i = 0; i < size; ++i) threads_.emplace_back([this, &gateway] { ask(gateway); });
  }
  ~Crowd() { end(); }
  std::size_t asked() const { return asked_; }
  /// Waits until as many more have been answered.
  bool asks(std::size_t more) {
    const std::size_t until = asked_ + more;
    return eventually([&] { return asked_ >= until; });
  }
  std::size_t end() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return failed_;
  }

 private:
  void ask(const Gateway& gateway) {
    while (!over_) {
      Client client(gateway);
      for (int i = 0; i < 50 && !over_; ++i, ++asked_) failed_ += client.get("/").status() != 200;
    }
  }

  std::atomic<bool> over_ = false;
  std::atomic<std::size_t> asked_ = 0, failed_ = 0;
  std::vector<std::thread> threads_;
};

class Discovery : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string why;
    town_ = make_town(GetParam(), why);
    if (!town_) GTEST_SKIP() << why;
  }

  std::string yaml(const std::string& upstream = "", const std::string& top = "") const {
    return "workers: 2\nlisteners:\n  - { bind: \"127.0.0.1:0\" }\nadmin: { bind: \"127.0.0.1:0\" }\n"
           "state_dir: " +
           state_.path("state") + "\n" + top + "registries:\n  it: { " + town_->yaml() +
           " }\n"
           "upstreams:\n  orders: { discover: { registry: it, service: orders }, slow_start: off" +
           upstream +
           " }\n"
           "routes:\n  - { upstream: orders }\n";
  }
  static std::string address(const Fleet& fleet, std::size_t index) {
    const std::string text = fleet.endpoints()[index];
    const std::size_t at = text.find("127.0.0.1:");
    return text.substr(at, text.find_first_of("\"' ,}", at) - at);
  }
  void enter_all(const Fleet& fleet) {
    for (std::size_t i = 0; i < fleet.size(); ++i) town_->enter(address(fleet, i));
  }
  static bool uses(const Gateway& gateway, std::size_t endpoints) {
    return eventually(
        [&] { return json_member(gateway.admin("/registries").body, "endpoints") == std::to_string(endpoints); });
  }
  static bool is(const Gateway& gateway, const std::string& state) {
    return eventually([&] { return json_member(gateway.admin("/registries").body, "state") == state; },
                      std::chrono::seconds(30));
  }
  static bool answers_from(const Gateway& gateway, std::size_t backend) {
    return Client(gateway).get("/").body == std::to_string(backend);
  }

  TempDir state_;
  std::unique_ptr<Town> town_;
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
