// Where the gateway listens and where it connects to.
#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

TEST(H1ToH1Addresses, AnIpv6BackendIsReached) {
  Backend backend{SocketAddress::ipv6()};
  Gateway gateway(backend);
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
}

TEST(H1ToH1Addresses, AUnixSocketBackendIsReached) {
  const TempDir directory;
  Backend backend{SocketAddress::unix_path(directory.path("app.sock"))};
  Gateway gateway(backend);
  Client client(gateway);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/").body, "ok");
  EXPECT_EQ(backend.connections(), 1u);
}

TEST(H1ToH1Addresses, ABackendIsReachedByName) {
  Backend backend;
  const std::string port = backend.address().substr(backend.address().find(':'));
  Gateway gateway(gateway_yaml("localhost" + port));
  EXPECT_EQ(Client(gateway).get("/").body, "ok");
}

TEST(H1ToH1Addresses, ANameThatNobodyKnowsIsABadGateway) {
  Gateway gateway(gateway_yaml("nobody.invalid:80"));
  const int status = Client(gateway).get("/").status();
  EXPECT_TRUE(status == 502 || status == 503) << status;
}

TEST(H1ToH1Addresses, AnIpv6ClientIsServed) {
  Backend backend;
  std::string yaml = gateway_yaml(backend.address());
  yaml.replace(yaml.find("127.0.0.1:0"), 11, "[::1]:0");
  Gateway gateway(yaml);
  EXPECT_EQ(Client(SocketAddress::ipv6(gateway.port())).get("/").body, "ok");
  EXPECT_EQ(backend.request()["X-Forwarded-For"], "::1");
}

TEST(H1ToH1Addresses, SeveralListenersServeTheSameRoutes) {
  Backend backend;
  std::string yaml = gateway_yaml(backend.address());
  const std::string listeners = "listeners:\n";
  yaml.insert(yaml.find(listeners) + listeners.size(), "  - { bind: \"127.0.0.1:0\" }\n");
  Gateway gateway(yaml);
  EXPECT_NE(gateway.port(0), gateway.port(1));
  for (const std::size_t listener : {0, 1}) EXPECT_EQ(Client(gateway.port(listener)).get("/").body, "ok");
}

TEST(H1ToH1Addresses, EndpointsTakeTurns) {
  Backend one([](Exchange& exchange) { exchange.ok("one"); });
  Backend two([](Exchange& exchange) { exchange.ok("two"); });
  Gateway gateway(gateway_yaml(one.address() + "\", \"" + two.address()));
  Client client(gateway);
  for (int i = 0; i < 10; ++i) client.get("/");
  EXPECT_EQ(one.request_count(), 5u);
  EXPECT_EQ(two.request_count(), 5u);
}

TEST(H1ToH1Addresses, EveryWorkerServes) {
  Backend backend;
  Gateway gateway(backend, {.top = "workers: 2\n"});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Client(gateway).get("/").body, "ok");
}

}  // namespace
}  // namespace penstock::e2e
