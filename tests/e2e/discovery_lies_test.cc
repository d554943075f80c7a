// Registries that lie, with requests going on all the time: somebody stands in front of a real one and answers in its
// place.
#include "tests/e2e/discovery_fixture.h"
#include "tests/support/relay.h"

namespace penstock::e2e {
namespace {

/// What HTTP registries say when they are not well, and what is as good as noise to ZooKeeper.
const std::string kError = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\nX-Consul-Index: 9\r\n\r\noops";
const std::string kGarbage = ok_response("{\"kvs\": [[[\x01\xff", "X-Consul-Index: 9\r\n");
const std::string kTruncated = "HTTP/1.1 200 OK\r\nX-Consul-Index: 9\r\nContent-Length: 90000\r\n\r\n[{\"Node\":";

struct Lies : DiscoveryFixture, ::testing::WithParamInterface<std::string> {
  void SetUp() override {
    settle_in(GetParam());
    if (!town_) return;
    enter_all(fleet);
    relay = std::make_unique<Relay>(SocketAddress::ipv4(port_of(town_->address())));
    gateway = std::make_unique<Gateway>(yaml_with(town_->yaml_at(relay->address())));
    EXPECT_TRUE(uses(*gateway, 2));
  }
  static std::uint16_t port_of(const std::string& address) {
    return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
  }
  bool says(const std::string& member, const std::string& value) const {
    return eventually([&] { return json_member(gateway->admin("/registries").body, member) == value; });
  }
  std::size_t asked() const { return std::stoul(json_member(gateway->admin("/registries").body, "requests_total")); }

  /// Clients ask on while the registry tells these lies, until the gateway has noticed, and for a while after.
  void is_unhurt_by(const std::string& lie) {
    Crowd crowd(*gateway);
    relay->lie(lie);
    EXPECT_TRUE(is(*gateway, "stale"));
    EXPECT_TRUE(crowd.asks(100));
    EXPECT_TRUE(uses(*gateway, 2));
    relay->be_honest();
    EXPECT_TRUE(is(*gateway, "fresh"));
    EXPECT_TRUE(uses(*gateway, 2));
    EXPECT_EQ(crowd.end(), 0u);
  }

  Fleet fleet{2};
  std::unique_ptr<Relay> relay;
  std::unique_ptr<Gateway> gateway;
};

TEST_P(Lies, ErrorsAreNotNoticed) {
  is_unhurt_by(kError);
}

TEST_P(Lies, GarbageIsNotNoticed) {
  is_unhurt_by(kGarbage);
}

TEST_P(Lies, TruncatedAnswersAreNotNoticed) {
  is_unhurt_by(kTruncated);
}

TEST_P(Lies, AnEmptyListIsNotNoticed) {
  Crowd crowd(*gateway);
  if (const std::string lie = town_->empty_answer(); !lie.empty()) {
    relay->lie(lie);
  } else {
    relay->fall_silent();  // half of the list would be believed
    for (std::size_t i = 0; i < fleet.size(); ++i) town_->leave(address(fleet, i));
    relay->speak_again();
  }
  EXPECT_TRUE(says("suspect_removals", "2"));
  EXPECT_TRUE(crowd.asks(100));
  EXPECT_TRUE(uses(*gateway, 2));
  relay->be_honest();
  if (town_->empty_answer().empty()) enter_all(fleet);
  EXPECT_TRUE(says("suspect_removals", "0"));
  EXPECT_TRUE(uses(*gateway, 2));
  EXPECT_EQ(crowd.end(), 0u);
}

/// The bound for reads is 10, and one in 1.5 s; etcd's watch is another request for each, and so are the probes of a
/// server that is in doubt, which come 20 times a second at most, and less often the longer it goes on.
TEST_P(Lies, ARegistryThatFlapsTenTimesASecondIsAskedWithinTheBoundAndHurtsNobody) {
  Crowd crowd(*gateway);
  const Stopwatch time;
  const std::size_t before = asked();
  for (int i = 0; i < 30; ++i) {
    relay->lie(kError);
    EXPECT_FALSE(eventually([] { return false; }, milliseconds(50)));
    relay->be_honest();
    EXPECT_FALSE(eventually([] { return false; }, milliseconds(50)));
  }
  const double seconds = static_cast<double>(time.elapsed().count()) / 1000;
  const auto times = static_cast<double>(asked() - before);
  RecordProperty("requests_per_second", std::to_string(times / seconds));
  EXPECT_LE(times, 2 * (10 + seconds / 1.5) + 20 * seconds);
  EXPECT_TRUE(uses(*gateway, 2));
  EXPECT_TRUE(is(*gateway, "fresh"));
  EXPECT_EQ(crowd.end(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Of, Lies, ::testing::ValuesIn(kTowns), [](const auto& kind) { return kind.param; });

/// Nonsense in all keys, of which there is one: what some of several hold is left out instead.
TEST_F(DiscoveryFixture, NonsenseInAllOfEtcdsKeysIsNotNoticed) {
  settle_in("etcd");
  if (!town_) return;
  const Fleet fleet(1);
  enter_all(fleet);
  const Gateway gateway(yaml());
  EXPECT_TRUE(uses(gateway, 1));
  Crowd crowd(gateway);
  town_->put("/services/orders/" + address(fleet, 0), "{\"host\": [");
  EXPECT_TRUE(is(gateway, "stale"));
  EXPECT_TRUE(crowd.asks(100));
  EXPECT_TRUE(uses(gateway, 1));
  enter_all(fleet);
  EXPECT_TRUE(is(gateway, "fresh"));
  EXPECT_EQ(crowd.end(), 0u);
}

}  // namespace
}  // namespace penstock::e2e
