// Against a real etcd.
#include <memory>

#include "discovery/etcd/etcd.h"
#include "tests/discovery/comeback.h"
#include "tests/support/certificates.h"
#include "tests/support/etcd_server.h"
#include "tests/support/http_call.h"

namespace penstock::discovery {
namespace {

using e2e::EtcdServer;
using e2e::Stopwatch;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class EtcdRegistryTest : public ComebackTest {
 protected:
  void SetUp() override {
    const std::string why = EtcdServer::why_skip();
    if (!why.empty()) GTEST_SKIP() << why;
    use(tls());
  }
  virtual e2e::EtcdTls tls() { return {}; }
  void use(const e2e::EtcdTls& how) {
    etcd = std::make_unique<EtcdServer>(how);
    config.urls = {etcd->url()};
    make();
  }
  void make() { registry = make_etcd(parts(), config); }
  std::unique_ptr<Watch> watch(RecordingServices& into) {
    conf::Discover what;
    what.service = "api";
    return registry->watch_service(what, into);
  }
  conf::Announce gateway() {
    conf::Announce what;
    what.service = "gateway";
    what.host = "10.1.1.1";
    what.port = 8080;
    what.weight = 7;
    what.zone = "z1";
    what.metadata = {{"version", "2"}};
    what.ttl = milliseconds(2000);
    return what;
  }
  std::string announced() { return etcd->ctl({"get", "--prefix", "/services/gateway/"}); }

  std::unique_ptr<EtcdServer> etcd;
  conf::Etcd config;
  RecordingServices sink;
  RecordingValues values;
  std::unique_ptr<Registry> registry;
};

TEST_F(EtcdRegistryTest, AServiceWithoutKeysIsEmpty) {
  const auto watching = watch(sink);
  EXPECT_TRUE(sink.lists.empty()) << "told from within watch_service()";
  EXPECT_TRUE(await_list(sink, {}));
  EXPECT_TRUE(registry->status().connected);
}

TEST_F(EtcdRegistryTest, WhatComesAndGoesIsSeenAtOnce) {
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {}));
  run_for(milliseconds(200));
  for (int i = 0; i < 3; ++i) {
    etcd->put("/services/api/a", "10.0.0.1:81");
    const Stopwatch entered;
    EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
    EXPECT_LT(entered.elapsed(), milliseconds(100));
    RecordProperty("put_ms", static_cast<int>(entered.elapsed().count()));
    etcd->del("/services/api/a");
    const Stopwatch left;
    EXPECT_TRUE(await_list(sink, {}));
    EXPECT_LT(left.elapsed(), milliseconds(100));
    RecordProperty("delete_ms", static_cast<int>(left.elapsed().count()));
  }
}

TEST_F(EtcdRegistryTest, OneKeyChangesOneInstance) {
  etcd->put("/services/api/a", "10.0.0.1:81");
  etcd->put("/services/api/b", R"({"Op":0,"Addr":"10.0.0.2:82","Metadata":{"weight":3,"zone":"z2","release":"9"}})");
  etcd->put("/services/apidoc/c", "10.0.0.3:83");
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81", "10.0.0.2:82"}));
  EXPECT_EQ(sink.lists.back()[1].weight, 3u);
  EXPECT_EQ(sink.lists.back()[1].zone, "z2");
  etcd->put("/services/api/a", R"({"host":"10.0.0.9","port":89})");
  EXPECT_TRUE(await_list(sink, {"10.0.0.2:82", "10.0.0.9:89"}));
  etcd->put("/services/api/a", R"({"host":"10.0.0.9","port":89,"weight":0})");
  EXPECT_TRUE(await_list(sink, {"10.0.0.2:82"}));
}

TEST_F(EtcdRegistryTest, OneBadValueAmongGoodOnesIsLeftOutAndLoggedOnce) {
  etcd->put("/services/api/a", "10.0.0.1:81");
  etcd->put("/services/api/b", "what is this");
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  watching->read_again();
  ASSERT_TRUE(run_until([&] { return sink.lists.size() == 2; }));
  EXPECT_THAT(logged, ElementsAre(HasSubstr("/services/api/b: it is neither")));
}

TEST_F(EtcdRegistryTest, AKilledServerIsToldAndTheListComesBackWithinASecondOfIt) {
  etcd->put("/services/api/a", "10.0.0.1:81");
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  etcd->server().kill();
  ASSERT_TRUE(run_until([&] { return !sink.failures.empty(); }));
  EXPECT_FALSE(registry->status().connected);
  run_for(milliseconds(2000));
  EXPECT_EQ(sink.failures.size(), 1u) << "an outage is told once";
  EXPECT_EQ(sink.lists.size(), 1u) << "an outage is no change";
  sink.lists.clear();
  const milliseconds back = comeback(etcd->server(), &e2e::RealServer::start_only, [&] { return !sink.lists.empty(); });
  EXPECT_LT(back, milliseconds(1000));
  RecordProperty("back_after_ms", static_cast<int>(back.count()));
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  etcd->put("/services/api/b", "10.0.0.2:82");
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81", "10.0.0.2:82"})) << "it is not followed any more";
}

TEST_F(EtcdRegistryTest, AFrozenServerIsNoticedAndTheListComesBackWithinASecondOfItsThaw) {
  etcd->put("/services/api/a", "10.0.0.1:81");
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  etcd->server().freeze();
  ASSERT_TRUE(run_until([&] { return !sink.failures.empty(); }, milliseconds(15'000)));
  sink.lists.clear();
  const milliseconds back = comeback(etcd->server(), &e2e::RealServer::thaw, [&] { return !sink.lists.empty(); });
  EXPECT_LT(back, milliseconds(1000));
  RecordProperty("back_after_ms", static_cast<int>(back.count()));
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
}

TEST_F(EtcdRegistryTest, WhatWasCompactedAwayMeanwhileIsReadFromTheStartWithinASecond) {
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {}));
  etcd->server().kill();
  ASSERT_TRUE(run_until([&] { return !sink.failures.empty(); }));
  etcd->server().start();  // the client hears nothing of what follows: its loop does not run
  for (int i = 0; i < 20; ++i) etcd->put("/services/api/a", "10.0.0.1:" + std::to_string(80 + i));
  etcd->ctl({"compact", "20", "--physical"});
  const e2e::Stopwatch back;
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:99"}));
  EXPECT_LT(back.elapsed(), milliseconds(1000));
  RecordProperty("back_after_ms", static_cast<int>(back.elapsed().count()));
}

TEST_F(EtcdRegistryTest, AKeyIsToldWithItsVersionAndWhenItIsGone) {
  const auto watching = registry->watch_value("/penstock/config", values);
  ASSERT_TRUE(run_until([&] { return values.values.size() == 1; }));
  EXPECT_EQ(values.values[0].first, std::nullopt);
  etcd->put("/penstock/config", "routes: []");
  ASSERT_TRUE(run_until([&] { return values.values.size() == 2; }));
  EXPECT_EQ(values.values[1].first, "routes: []");
  etcd->put("/penstock/config", "routes: [x]");
  ASSERT_TRUE(run_until([&] { return values.values.size() == 3; }));
  EXPECT_GT(values.values[2].second, values.values[1].second);
  etcd->del("/penstock/config");
  ASSERT_TRUE(run_until([&] { return values.values.size() == 4; }));
  EXPECT_EQ(values.values[3].first, std::nullopt);
}

TEST_F(EtcdRegistryTest, AnAnnouncementStandsBeyondItsTtl) {
  auto announcement = registry->announce(gateway());
  ASSERT_TRUE(run_until([&] { return announcement->stands(); }));
  EXPECT_EQ(announced(),
            "/services/gateway/10.1.1.1:8080\n"
            R"({"host":"10.1.1.1","metadata":{"version":"2"},"port":8080,"weight":7,"zone":"z1"})"
            "\n");
  run_for(milliseconds(4500));  // two TTLs
  EXPECT_NE(announced(), "");
}

TEST_F(EtcdRegistryTest, AnAnnouncementThatIsWithdrawnDoesNotWaitForItsTtl) {
  conf::Announce what = gateway();
  what.ttl = std::chrono::minutes(1);
  auto announcement = registry->announce(what);
  ASSERT_TRUE(run_until([&] { return announcement->stands(); }));
  bool done = false;
  announcement->withdraw([&] { done = true; });
  EXPECT_TRUE(run_until([&] { return done; }));
  EXPECT_TRUE(run_until([&] { return announced().empty(); }));
}

TEST_F(EtcdRegistryTest, AnAnnouncementWhoseGatewayDiesVanishesWithItsLease) {
  auto announcement = registry->announce(gateway());
  ASSERT_TRUE(run_until([&] { return announcement->stands(); }));
  announcement.reset();
  EXPECT_NE(announced(), "");
  EXPECT_TRUE(e2e::eventually([&] { return announced().empty(); }));
}

TEST_F(EtcdRegistryTest, AnAnnouncementWhoseLeaseIsGoneIsMadeAgain) {
  auto announcement = registry->announce(gateway());
  ASSERT_TRUE(run_until([&] { return announcement->stands(); }));
  const std::string leases = etcd->ctl({"lease", "list"});
  const std::string lease = leases.substr(leases.find('\n') + 1, 16);
  etcd->ctl({"lease", "revoke", lease});
  ASSERT_EQ(announced(), "");
  EXPECT_TRUE(run_until([&] { return !announced().empty(); }));
}

TEST_F(EtcdRegistryTest, AUserWithAPasswordMayReadWhatOthersMayNot) {
  etcd->put("/services/api/a", "10.0.0.1:81");
  etcd->ctl({"user", "add", "root:rootpw"});
  etcd->ctl({"user", "add", "gw:secret"});
  etcd->ctl({"role", "add", "reader"});
  etcd->ctl({"role", "grant-permission", "reader", "--prefix=true", "read", "/services/"});
  etcd->ctl({"user", "grant-role", "gw", "reader"});
  etcd->ctl({"user", "grant-role", "root", "root"});
  etcd->ctl({"auth", "enable"});
  etcd->be("root:rootpw");
  config.auth = conf::Credentials{"gw", "secret"};
  make();
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  EXPECT_THAT(sink.failures, IsEmpty());
  etcd->put("/services/api/b", "10.0.0.2:82");
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81", "10.0.0.2:82"}));

  // A restart forgets all tokens.
  sink.lists.clear();
  etcd->server().kill();
  etcd->server().start();
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81", "10.0.0.2:82"}));

  // A change of a role makes tokens void while the server serves on.
  etcd->ctl({"role", "grant-permission", "reader", "--prefix=true", "read", "/more/"});
  sink.lists.clear();
  watching->read_again();
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81", "10.0.0.2:82"}));
}

TEST_F(EtcdRegistryTest, AWrongPasswordIsAFailureAndLoggedOnce) {
  etcd->ctl({"user", "add", "root:rootpw"});
  etcd->ctl({"user", "grant-role", "root", "root"});
  etcd->ctl({"auth", "enable"});
  config.auth = conf::Credentials{"root", "wrong"};
  make();
  const auto watching = watch(sink);
  ASSERT_TRUE(run_until([&] { return sink.failures.size() == 2; }));
  EXPECT_TRUE(sink.lists.empty());
  EXPECT_THAT(logged, ElementsAre(HasSubstr("can't log in: ")));
}

class EtcdOverTlsTest : public EtcdRegistryTest {
 protected:
  e2e::EtcdTls tls() override {
    return {certificates.ca(), certificates.server_cert(), certificates.server_key(), certificates.client_cert(),
            certificates.client_key()};
  }
  e2e::Certificates certificates;
};

TEST_F(EtcdOverTlsTest, APrivateAuthorityAndACertificateOfOurOwn) {
  config.tls = conf::RegistryTls{certificates.ca(), certificates.client_cert(), certificates.client_key()};
  make();
  etcd->put("/services/api/a", "10.0.0.1:81");
  const auto watching = watch(sink);
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  etcd->put("/services/api/b", "10.0.0.2:82");
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81", "10.0.0.2:82"}));
}

TEST_F(EtcdOverTlsTest, AnAuthorityThatIsNotKnownIsAFailure) {
  const auto watching = watch(sink);
  ASSERT_TRUE(run_until([&] { return !sink.failures.empty(); }));
  EXPECT_TRUE(sink.lists.empty());
  EXPECT_THAT(sink.failures[0], HasSubstr("certificate"));
}

TEST_F(EtcdOverTlsTest, WithoutACertificateOfOurOwnTheServerRefuses) {
  config.tls = conf::RegistryTls{certificates.ca(), "", ""};
  make();
  const auto watching = watch(sink);
  ASSERT_TRUE(run_until([&] { return !sink.failures.empty(); }));
  EXPECT_TRUE(sink.lists.empty());
}

}  // namespace
}  // namespace penstock::discovery
