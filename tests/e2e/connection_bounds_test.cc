// max.connections and max.connections_per_client: who is let in, by count.
#include "tests/support/fixture.h"
#include "tests/support/metric.h"

namespace penstock::e2e {
namespace {

using testing::HasSubstr;

class ConnectionBounds : public H1ToH1 {
 protected:
  std::string yaml(const std::string& max, const std::string& top = "") {
    return gateway_yaml(backend.address(), {.listener = "max: { " + max + " }", .top = top});
  }
  static bool served(Client& client) {
    client.send(get("/"));
    return client.response().status() == 200;
  }
  static std::string refused(const Gateway& gateway, const std::string& reason) {
    return metric_in(gateway.admin("/metrics").body, "penstock_connections_refused_total{reason=\"" + reason + "\"}");
  }
};

TEST_F(ConnectionBounds, OneConnectionTooManyIsClosedAtOnce) {
  Gateway gateway(yaml("connections: 2"));
  Client one(gateway), two(gateway);
  EXPECT_TRUE(served(one));
  EXPECT_TRUE(served(two));
  EXPECT_TRUE(Client(gateway).ends());
  EXPECT_EQ(refused(gateway, "connections"), "1");
  EXPECT_TRUE(served(one));
}

TEST_F(ConnectionBounds, APlaceIsGivenBack) {
  Gateway gateway(yaml("connections_per_client: 1"));
  for (int i = 0; i < 5; ++i) {
    // The client has gone before the gateway has noticed it.
    EXPECT_TRUE(eventually([&] {
      try {
        Client client(gateway);
        return served(client);
      } catch (const Ended&) {
        return false;
      }
    }));
  }
}

TEST_F(ConnectionBounds, TheCountIsOneForAllWorkers) {
  Gateway gateway(yaml("connections_per_client: 3", "workers: 4\n"));
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Client>(gateway));
    EXPECT_TRUE(served(*clients.back()));
  }
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(Client(gateway).ends());
  EXPECT_EQ(refused(gateway, "connections_per_client"), "12");
}

TEST_F(ConnectionBounds, CountsGoOnOverAReload) {
  Gateway gateway(yaml("connections: 2"));
  Client one(gateway);
  EXPECT_TRUE(served(one));
  EXPECT_TRUE(gateway.reload(yaml("connections: 2, body: 1KiB")));
  Client two(gateway);
  EXPECT_TRUE(served(two));
  EXPECT_TRUE(Client(gateway).ends());
}

TEST_F(ConnectionBounds, AFloodIsOneLineASecondInTheLog) {
  Gateway gateway(yaml("connections_per_client: 1"));
  Client one(gateway);
  EXPECT_TRUE(served(one));
  const Stopwatch watch;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(Client(gateway).ends());
  const std::string line = "beyond max.connections_per_client";
  ASSERT_TRUE(gateway.process().err().wait_for(line));
  const std::string log = gateway.process().err().text();
  EXPECT_THAT(log, HasSubstr("the last was of 127.0.0.1"));
  milliseconds::rep lines = 0;
  for (std::size_t at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++lines;
  EXPECT_LE(lines, watch.elapsed().count() / 1000 + 1);
}

}  // namespace
}  // namespace penstock::e2e
