// The admin listener with a token.
#include "tests/support/fixture.h"
#include "tests/support/metric.h"

namespace penstock::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kToken = "k9Qz-open-sesame";
constexpr const char* kShown = "Authorization: Bearer k9Qz-open-sesame\r\n";

class AdminGuard : public H1ToH1 {
 protected:
  std::string yaml(const std::string& more = "") const {
    std::string text = gateway_yaml(backend.address(), {.top = more});
    const std::string plain = "admin: { bind: \"127.0.0.1:0\" }";
    return text.replace(text.find(plain), plain.size(),
                        "admin: { bind: \"127.0.0.1:0\", token: \"" + std::string(kToken) + "\" }");
  }
  static std::string url(const Gateway& gateway) { return "http://127.0.0.1:" + std::to_string(gateway.admin_port()); }
};

TEST_F(AdminGuard, WhoHasNoTokenIsRefused) {
  Gateway gateway(yaml());
  for (const char* page : {"/metrics", "/config", "/upstreams", "/nothing"}) {
    const Message answer = gateway.admin(page);
    EXPECT_EQ(answer.status(), 401) << page;
    EXPECT_EQ(answer["WWW-Authenticate"], "Bearer realm=\"penstock\"");
  }
  EXPECT_EQ(Client(gateway.admin_port()).ask(post("/log?level=debug", "")).status(), 401);
}

TEST_F(AdminGuard, WhoHasTheTokenIsServed) {
  Gateway gateway(yaml());
  const Message page = Client(gateway.admin_port()).get("/metrics", kShown);
  EXPECT_EQ(page.status(), 200);
  EXPECT_EQ(metric_in(page.body, "penstock_admin_refused_total"), "0");
}

TEST_F(AdminGuard, LoadBalancersNeedNone) {
  Gateway gateway(yaml());
  EXPECT_EQ(gateway.admin("/livez").status(), 200);
  EXPECT_EQ(gateway.admin("/readyz").status(), 200);
}

TEST_F(AdminGuard, RollingBackTakesTheTokenFromTheEnvironmentOrAnOption) {
  const TempDir state;
  Gateway gateway(yaml("state_dir: " + state.path("kept") + "\n"));
  const std::vector<std::string> command = {"config", "rollback", "1", "--admin", url(gateway)};
  EXPECT_TRUE(eventually([&] { return !state.read("kept/config/000001.yaml").empty(); }));
  EXPECT_THAT(run_penstock(command).err, HasSubstr("a token is needed"));
  EXPECT_EQ(run_penstock(command, {"PENSTOCK_ADMIN_TOKEN=" + std::string(kToken)}).exit_code, 0);
  auto with_option = command;
  with_option.insert(with_option.end(), {"--token", kToken});
  EXPECT_EQ(run_penstock(with_option).exit_code, 0);
}

TEST_F(AdminGuard, TheTokenIsToldNowhere) {
  Gateway gateway(yaml("log: debug\n"));
  EXPECT_THAT(Client(gateway.admin_port()).get("/config", kShown).body, Not(HasSubstr(kToken)));
  EXPECT_TRUE(gateway.reload(yaml("log: info\n")));
  EXPECT_THAT(gateway.process().err().text(), Not(HasSubstr(kToken)));
  const TempDir directory;
  const Finished dump = run_penstock({"-T", "-c", directory.write("penstock.yaml", yaml())});
  EXPECT_EQ(dump.exit_code, 0);
  EXPECT_THAT(dump.out, Not(HasSubstr(kToken)));
}

}  // namespace
}  // namespace penstock::e2e
