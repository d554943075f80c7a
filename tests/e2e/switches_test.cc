// What an engineer can tell a running gateway, and the way back to an earlier configuration.
#include "tests/support/fixture.h"
#include "tests/support/fleet.h"

namespace penstock::e2e {
namespace {

using ::testing::HasSubstr;

class Switches : public H1ToH1 {
 protected:
  static Message tell(const Gateway& gateway, const std::string& what, const std::string& fields = "") {
    return Client(gateway.admin_port()).ask(request("POST", what, "Content-Length: 0\r\n" + fields));
  }
  std::string yaml(const Additions& additions = {}) const { return gateway_yaml(backend.address(), additions); }
};

TEST_F(Switches, AnEndpointsWeightIsSetAndTakenBack) {
  Fleet fleet(2);
  const Gateway gateway(fleet.yaml({.upstream = "slow_start: off"}));
  const std::string text = fleet.endpoints()[0];
  const std::string endpoint = text.substr(text.find("127."), text.find("\" ") - text.find("127."));
  const std::string weight = "/upstreams/weight?upstream=app&endpoint=" + endpoint + "&weight=";
  EXPECT_EQ(tell(gateway, weight + "3").status(), 200);
  EXPECT_THAT(gateway.admin("/upstreams").body, HasSubstr(R"("weight":3)"));
  EXPECT_EQ(tell(gateway, weight + "0").status(), 200);
  EXPECT_TRUE(eventually([&] { return gateway.admin("/upstreams").body.find(endpoint) == std::string::npos; }));
  EXPECT_EQ(ask(gateway, fleet, 10).answers, (std::vector<std::size_t>{0, 10}));
  EXPECT_EQ(tell(gateway, weight + "default").status(), 200);
  EXPECT_THAT(gateway.admin("/upstreams").body, HasSubstr(endpoint));
}

TEST_F(Switches, WhatMakesNoSenseIsRefusedAndChangesNothing) {
  const Gateway gateway(backend);
  EXPECT_EQ(tell(gateway, "/upstreams/weight?upstream=app&endpoint=10.9.9.9:1&weight=2").status(), 409);
  EXPECT_EQ(tell(gateway, "/upstreams/weight?upstream=app&endpoint=" + backend.address() + "&weight=70000").status(),
            409);
  EXPECT_EQ(tell(gateway, "/upstreams/weight?upstream=app").status(), 400);
  EXPECT_EQ(tell(gateway, "/log?level=loud").status(), 409);
  EXPECT_EQ(tell(gateway, "/nothing").status(), 405);
}

TEST_F(Switches, AWebPageCanTellItNothing) {
  const Gateway gateway(backend);
  EXPECT_EQ(tell(gateway, "/log?level=debug", "Origin: http://evil.example\r\n").status(), 403);
}

TEST_F(Switches, TheLogLevelIsSet) {
  Gateway gateway(backend);
  EXPECT_EQ(tell(gateway, "/log?level=error").status(), 200);
  gateway.signal(SIGUSR1);
  EXPECT_EQ(tell(gateway, "/log?level=info").status(), 200);
  gateway.signal(SIGUSR1);
  EXPECT_TRUE(gateway.process().err().wait_for("logs reopened"));
  const std::string log = gateway.process().err().text();
  EXPECT_EQ(log.find("logs reopened"), log.rfind("logs reopened"));
}

TEST_F(Switches, ARouteIsDegradedByHandAndTakenBack) {
  const Gateway gateway(yaml({.route = "fallback: { respond: { status: 203, body: simple } }"}));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_EQ(tell(gateway, "/routes/degrade?route=all&on=true").status(), 200);
  EXPECT_EQ(Client(gateway).get("/").body, "simple");
  EXPECT_THAT(gateway.admin("/routes").body, HasSubstr(R"("degraded":true)"));
  EXPECT_EQ(tell(gateway, "/routes/degrade?route=all&on=false").status(), 200);
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_EQ(tell(gateway, "/routes/degrade?route=other&on=true").status(), 409);
}

TEST_F(Switches, ARouteWithoutAFallbackCanNotBeDegraded) {
  const Gateway gateway(backend);
  EXPECT_EQ(tell(gateway, "/routes/degrade?route=all&on=true").status(), 409);
}

TEST_F(Switches, ADegradedRouteStaysSoOverAReload) {
  const Additions fallback = {.route = "fallback: { respond: { status: 203, body: simple } }"};
  Gateway gateway(yaml(fallback));
  EXPECT_EQ(tell(gateway, "/routes/degrade?route=all&on=true").status(), 200);
  Additions more = fallback;
  more.upstream = "timeouts: { connect: 1s }";
  EXPECT_TRUE(gateway.reload(yaml(more)));
  EXPECT_EQ(Client(gateway).get("/").body, "simple");
}

class ConfigHistory : public Switches {
 protected:
  std::string with_route(const std::string& path) const {
    return yaml({.routes = "- { match: { path: " + path + " }, respond: 204 }\n",
                 .top = "state_dir: " + state_.path("state") + "\n"});
  }
  Finished history() const { return run_penstock({"config", "history", "--state-dir", state_.path("state")}); }
  bool has_versions(std::size_t count) const {
    return eventually([&] {
      const std::string out = history().out;
      return static_cast<std::size_t>(std::count(out.begin(), out.end(), '\n')) == count;
    });
  }
  TempDir state_;
};

TEST_F(ConfigHistory, VersionsAreNumberedListedAndCompared) {
  Gateway gateway(with_route("/one"));
  EXPECT_TRUE(has_versions(1));
  EXPECT_TRUE(gateway.reload(with_route("/two")));
  EXPECT_TRUE(has_versions(2));
  EXPECT_THAT(history().out, HasSubstr("penstock.yaml"));
  const Finished diff = run_penstock({"config", "diff", "1", "2", "--state-dir", state_.path("state")});
  EXPECT_THAT(diff.out, HasSubstr("-   - { match: { path: /one }, respond: 204 }\n+   - { match: { path: /two }"));
}

TEST_F(ConfigHistory, ABadVersionIsNotKept) {
  Gateway gateway(with_route("/one"));
  EXPECT_TRUE(has_versions(1));
  EXPECT_FALSE(gateway.reload("nonsense: true\n"));
  EXPECT_TRUE(gateway.reload(with_route("/one")));
  EXPECT_TRUE(gateway.reload(with_route("/two")));
  EXPECT_TRUE(has_versions(2));
  EXPECT_THAT(run_penstock({"config", "diff", "1", "2", "--state-dir", state_.path("state")}).out, HasSubstr("/two"));
}

TEST_F(ConfigHistory, AnEarlierVersionComesBack) {
  Gateway gateway(with_route("/one"));
  EXPECT_TRUE(has_versions(1));
  EXPECT_TRUE(gateway.reload(with_route("/two")));
  EXPECT_TRUE(has_versions(2));
  const std::string admin = "http://127.0.0.1:" + std::to_string(gateway.admin_port());
  const Finished rollback = run_penstock({"config", "rollback", "1", "--admin", admin});
  EXPECT_EQ(rollback.exit_code, 0) << rollback.err;
  EXPECT_TRUE(eventually([&] { return Client(gateway).get("/one").status() == 204; }));
  EXPECT_TRUE(has_versions(3));
  EXPECT_EQ(run_penstock({"config", "rollback", "9", "--admin", admin}).exit_code, 1);
}

TEST_F(ConfigHistory, WithoutAStateDirectoryThereIsNone) {
  const Finished none = run_penstock({"config", "history"}, {"STATE_DIRECTORY="});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("--state-dir"));
}

}  // namespace
}  // namespace penstock::e2e
