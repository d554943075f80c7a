// This gateway's own node in ZooKeeper.
#include "tests/discovery/zookeeper_fixture.h"
#include "tests/support/relay.h"

namespace penstock::discovery {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr const char* kNode = "/services/edge/10.0.0.9:8080";

class ZooKeeperAnnouncementTest : public ZooKeeperTest {
 protected:
  std::unique_ptr<Announcement> announcement;

  void TearDown() override {
    announcement.reset();
    ZooKeeperTest::TearDown();
  }
  bool await_standing() {
    return run_until([&] { return announcement->stands(); });
  }
  std::optional<ZooKeeperClient::Node> node() { return client().get(kNode); }
  void withdraw() {
    int done = 0;
    announcement->withdraw([&] { ++done; });
    EXPECT_EQ(done, 0);
    EXPECT_TRUE(run_until([&] { return done > 0; }, milliseconds(2'000)));
    EXPECT_EQ(done, 1);
    EXPECT_FALSE(announcement->stands());
  }
};

TEST_F(ZooKeeperAnnouncementTest, IsAnEphemeralNodeThatOthersSee) {
  announcement = announce();
  EXPECT_FALSE(announcement->stands());
  ASSERT_TRUE(await_standing());
  EXPECT_EQ(node()->data, "10.0.0.9:8080");
  EXPECT_NE(node()->owner, 0);
}

TEST_F(ZooKeeperAnnouncementTest, IsJsonForCurator) {
  config.layout = conf::ZooKeeperLayout::curator;
  announcement = announce();
  ASSERT_TRUE(await_standing());
  EXPECT_THAT(node()->data, HasSubstr(R"("address":"10.0.0.9","port":8080)"));
}

TEST_F(ZooKeeperAnnouncementTest, IsGoneAfterItsWithdrawalAndStaysSo) {
  announcement = announce();
  ASSERT_TRUE(await_standing());
  withdraw();
  EXPECT_EQ(node(), std::nullopt);
  run_for(milliseconds(300));
  EXPECT_EQ(node(), std::nullopt);
}

TEST_F(ZooKeeperAnnouncementTest, IsWithdrawnInTimeWithoutAServer) {
  announcement = announce();
  ASSERT_TRUE(await_standing());
  server->stop_clock();
  withdraw();
}

TEST_F(ZooKeeperAnnouncementTest, MayBeWithdrawnBeforeItStands) {
  announcement = announce();
  withdraw();
  run_for(milliseconds(300));
  EXPECT_EQ(node(), std::nullopt);
}

TEST_F(ZooKeeperAnnouncementTest, EndsWithTheRegistry) {
  announcement = announce();
  ASSERT_TRUE(await_standing());
  announcement.reset();
  EXPECT_NE(node(), std::nullopt);
  registry.reset();
  EXPECT_EQ(node(), std::nullopt);
}

TEST_F(ZooKeeperAnnouncementTest, IsMadeAgainWhenSomebodyTakesItAway) {
  announcement = announce();
  ASSERT_TRUE(await_standing());
  client().remove(kNode);
  EXPECT_TRUE(run_until([&] { return !announcement->stands(); }));
  EXPECT_TRUE(await_standing());
  EXPECT_NE(node(), std::nullopt);
}

TEST_F(ZooKeeperAnnouncementTest, TakesThePlaceOfWhatAFormerLifeLeft) {
  create(kNode, "old");
  announcement = announce();
  ASSERT_TRUE(await_standing());
  EXPECT_NE(node()->owner, 0);
  EXPECT_EQ(node()->data, "10.0.0.9:8080");
}

TEST_F(ZooKeeperAnnouncementTest, IsThereAgainAfterTheSessionHasExpired) {
  e2e::Relay relay(e2e::SocketAddress::ipv4(server->port()));
  config.servers = {relay.address()};
  config.session_timeout = milliseconds(1'000);
  announcement = announce();
  ASSERT_TRUE(await_standing());
  const auto first = node()->owner;
  relay.fall_silent();
  EXPECT_TRUE(run_until([&] { return node() == std::nullopt; })) << "the server has ended the session";
  relay.speak_again();
  EXPECT_TRUE(run_until([&] { return node() != std::nullopt; }));
  EXPECT_TRUE(await_standing());
  EXPECT_NE(node()->owner, first);
}

TEST_F(ZooKeeperAnnouncementTest, OutlivesTheServersRestart) {
  announcement = announce();
  ASSERT_TRUE(await_standing());
  const auto first = node()->owner;
  server->kill();
  EXPECT_TRUE(run_until([&] { return !announcement->stands(); }));
  server->start();
  EXPECT_TRUE(await_standing());
  EXPECT_EQ(node()->owner, first) << "a lost connection is no lost session";
}

TEST_F(ZooKeeperAnnouncementTest, ThatIsRefusedIsToldOnce) {
  client().create("/services");
  client("owner:secret").create_for_me("/services/edge", "");
  announcement = announce();
  EXPECT_TRUE(run_until([&] { return registry->status().errors >= 2; }));
  EXPECT_FALSE(announcement->stands());
  EXPECT_THAT(logged, Contains(HasSubstr("can't be announced at /services/edge/10.0.0.9:8080: not authenticated")));
}

TEST_F(ZooKeeperAnnouncementTest, CanBeChangedByItsOwnerAlone) {
  config.auth = {"gateway", "secret"};
  announcement = announce();
  ASSERT_TRUE(await_standing());
  EXPECT_NE(node(), std::nullopt) << "everybody may read it";
  EXPECT_THROW(client().set(kNode, "1.2.3.4:5"), e2e::HarnessError);
}

TEST_F(ZooKeeperAnnouncementTest, IsNotMadeForDubbo) {
  config.layout = conf::ZooKeeperLayout::dubbo;
  EXPECT_EQ(announce(), nullptr);
  EXPECT_THAT(logged, Contains(HasSubstr("edge can't be announced")));
}

}  // namespace
}  // namespace penstock::discovery
