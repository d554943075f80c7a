// old_config_timeout: what began under a configuration that has been replaced ends, at the latest, when that is over.
#include "tests/support/fixture.h"
#include "tests/support/metric.h"

namespace penstock::e2e {
namespace {

using testing::HasSubstr;

constexpr const char* kWebSocket = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
constexpr const char* kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
constexpr const char* kCounted = "penstock_errors_total{reason=\"config_replaced\"}";

class OldConfig : public H1ToH1 {
 protected:
  std::string yaml(const std::string& timeout) const {
    return gateway_yaml(backend.address(), {.top = "old_config_timeout: " + timeout + "\n"});
  }
  static void tunnel(Client& client) {
    client.send(get("/chat", kWebSocket));
    EXPECT_EQ(client.head().status(), 101);
  }
  static void echo(Exchange& exchange) {
    exchange.reply(kSwitching);
    for (std::string bytes = "-"; !bytes.empty(); exchange.reply(bytes)) bytes = exchange.connection().read_some();
  }
};

TEST_F(OldConfig, ATunnelIsCut) {
  Gateway gateway(yaml("1h"));
  backend.on_request(echo);
  Client client(gateway);
  tunnel(client);
  EXPECT_TRUE(gateway.reload(yaml("100ms")));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(client.was_reset());
  EXPECT_THAT(gateway.access_line(), HasSubstr(R"("error":"config_replaced")"));
  EXPECT_EQ(metric_in(gateway.admin("/metrics").body, kCounted), "1");
  EXPECT_TRUE(backend.wait_for_closed(1));
}

TEST_F(OldConfig, ATunnelLivesOnUntilThen) {
  Gateway gateway(yaml("1h"));
  backend.on_request(echo);
  Client client(gateway);
  tunnel(client);
  EXPECT_TRUE(gateway.reload(yaml("1h")));
  Client other(gateway);
  tunnel(other);
  client.send("still here");
  EXPECT_EQ(client.read_exactly(10), "still here");
  // A later one may be shorter; what is younger than that stays.
  EXPECT_TRUE(gateway.reload(yaml("50ms")));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(other.read_to_end(), "");
  Client young(gateway);
  tunnel(young);
  young.send("new here");
  EXPECT_EQ(young.read_exactly(8), "new here");
}

TEST_F(OldConfig, ARequestThatWaitsIsRefused) {
  Gateway gateway(yaml("1h"));
  backend.on_request([](Exchange& exchange) { exchange.await_close(); });
  Client client(gateway);
  client.send(get("/slow"));
  backend.request();
  EXPECT_TRUE(gateway.reload(yaml("50ms")));
  expect_problem(client.response(), 503, "config_replaced");
  EXPECT_TRUE(client.ends());
}

TEST_F(OldConfig, AnIdleConnectionIsNotCut) {
  Gateway gateway(yaml("1h"));
  backend.on_request([](Exchange& exchange) {
    if (exchange.request().target() == "/chat") return echo(exchange);
    exchange.ok("ok");
  });
  Client idle(gateway), client(gateway);
  EXPECT_EQ(idle.get("/").status(), 200);
  tunnel(client);
  EXPECT_TRUE(gateway.reload(yaml("50ms")));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(idle.get("/").status(), 200);
}

// A listener was closed for the connections of its last configuration alone: those from before were served on.
TEST_F(OldConfig, AConnectionFromBeforeItsListenerChangedEndsWithIt) {
  const auto with_second = [&](const std::string& second) {
    std::string text = yaml("1h");
    return text.insert(text.find("admin:"), second);
  };
  Gateway gateway(with_second("  - { bind: \"127.0.0.1:0\" }\n"));
  Client client(gateway.port(1));
  EXPECT_EQ(client.get("/").status(), 200);
  EXPECT_TRUE(gateway.reload(with_second("  - { bind: \"127.0.0.1:0\", max: { body: 1MiB } }\n")));
  EXPECT_TRUE(gateway.reload(yaml("1h")));
  EXPECT_TRUE(client.ends());
}

}  // namespace
}  // namespace penstock::e2e
