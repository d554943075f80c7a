// A new configuration while the gateway runs: what changes, and what must not notice.
#include <atomic>
#include <thread>

#include "tests/support/fixture.h"
#include "tests/support/fleet.h"

namespace penstock::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kTeapot = "- { id: pot, match: { path: /pot }, respond: { status: 418, body: short and stout } }\n";

class Reload : public H1ToH1 {
 protected:
  std::string yaml(const Additions& additions = {}) const { return gateway_yaml(backend.address(), additions); }
  /// With so many upstreams more, and a route to the last one of them. `more`: what stands behind their endpoints.
  std::string with_crowd(int size, const std::string& more) const {
    std::string text = yaml();
    std::string crowd;
    for (int i = 0; i < size; ++i)
      crowd += "  u" + std::to_string(i) + ": { endpoints: [\"" + backend.address() + "\"" + more + " }\n";
    return text.insert(text.find("routes:\n"), crowd) + "  - { match: { path: /last }, upstream: u" +
           std::to_string(size - 1) + " }\n";
  }
  static std::size_t upstreams(const Gateway& gateway) {
    const std::string page = gateway.admin("/upstreams").body;
    std::size_t count = 0;
    for (std::size_t at = page.find("\"name\""); at != std::string::npos; at = page.find("\"name\"", at + 1)) ++count;
    return count;
  }
  static std::string metric(const Gateway& gateway, const std::string& series) {
    const std::string page = gateway.admin("/metrics").body;
    const std::size_t at = page.find("\n" + series + " ");
    if (at == std::string::npos) return "none";
    const std::size_t value = at + series.size() + 2;
    return page.substr(value, page.find('\n', value) - value);
  }
};

TEST_F(Reload, ARouteComesAndGoes) {
  Gateway gateway(yaml());
  EXPECT_EQ(Client(gateway).get("/pot").status(), 200);
  EXPECT_TRUE(gateway.reload(yaml({.routes = kTeapot})));
  EXPECT_EQ(Client(gateway).get("/pot").status(), 418);
  EXPECT_TRUE(gateway.reload(yaml()));
  EXPECT_EQ(Client(gateway).get("/pot").status(), 200);
  EXPECT_EQ(metric(gateway, R"(penstock_config_reloads_total{result="success"})"), "2");
}

TEST_F(Reload, ABadFileChangesNothingAndIsTold) {
  Gateway gateway(yaml({.routes = kTeapot}));
  EXPECT_FALSE(gateway.reload(yaml({.upstream = "balencer: round_robin"})));
  EXPECT_EQ(Client(gateway).get("/pot").status(), 418);
  EXPECT_THAT(gateway.process().err().text(), HasSubstr("penstock.yaml:"));
  EXPECT_THAT(gateway.process().err().text(), HasSubstr("balancer"));
  EXPECT_EQ(metric(gateway, "penstock_config_last_reload_successful"), "0");
  EXPECT_EQ(metric(gateway, R"(penstock_config_reloads_total{result="failure"})"), "1");
  EXPECT_TRUE(gateway.reload(yaml()));
  EXPECT_EQ(metric(gateway, "penstock_config_last_reload_successful"), "1");
}

TEST_F(Reload, AnAddressThatIsTakenChangesNothing) {
  const Gateway other(yaml());
  Gateway gateway(yaml());
  const std::string taken = "127.0.0.1:" + std::to_string(other.port());
  std::string text = yaml({.routes = kTeapot});
  text.replace(text.find("127.0.0.1:0"), 11, taken);
  EXPECT_FALSE(gateway.reload(text));
  EXPECT_THAT(gateway.process().err().text(), HasSubstr("bind " + taken));
  EXPECT_EQ(Client(gateway).get("/pot").status(), 200);
}

TEST_F(Reload, ConnectionsOnBothSidesLiveOn) {
  Gateway gateway(yaml());
  Client client(gateway);
  client.get("/one");
  EXPECT_TRUE(gateway.reload(yaml({.routes = kTeapot})));
  EXPECT_EQ(client.get("/two").status(), 200);
  EXPECT_EQ(client.get("/pot").status(), 418);
  EXPECT_EQ(backend.connections(), 1u);
}

TEST_F(Reload, ARequestEndsAsItBegan) {
  Gateway gateway(yaml());
  backend.on_request([](Exchange& exchange) {
    exchange.stall();
    exchange.ok("finished");
  });
  Client client(gateway);
  client.send(get("/slow"));
  backend.request();
  // Its route goes, and so does its upstream.
  EXPECT_TRUE(
      gateway.reload("workers: 1\nlisteners: [\"127.0.0.1:0\"]\nadmin: { bind: \"127.0.0.1:0\" }\n"
                     "access_log: { path: stdout, format: json }\nroutes:\n  " +
                     kTeapot));
  backend.release();
  EXPECT_EQ(client.response().body, "finished");
  EXPECT_THAT(gateway.access_line(), HasSubstr(R"("route":"all")"));
  EXPECT_EQ(Client(gateway).get("/slow").status(), 404);
}

TEST_F(Reload, CountersGoOn) {
  Gateway gateway(yaml());
  Client(gateway).get("/");
  EXPECT_TRUE(gateway.reload(yaml({.upstream = "timeouts: { first_byte: 3s }", .routes = kTeapot})));
  Client(gateway).get("/");
  EXPECT_EQ(metric(gateway, R"(penstock_http_requests_total{route="all",method="GET",code="200"})"), "2");
  EXPECT_EQ(metric(gateway, R"(penstock_upstream_requests_total{upstream="app",code="200"})"), "2");
}

TEST_F(Reload, ALimitRemembersWhoHasHadHowMuch) {
  const std::string limit = "limits: [{ token_bucket: { rate: 1/h, burst: 2 } }]";
  Gateway gateway(yaml({.route = limit}));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_TRUE(gateway.reload(yaml({.route = limit, .routes = kTeapot})));
  EXPECT_EQ(Client(gateway).get("/").status(), 200);
  EXPECT_EQ(Client(gateway).get("/").status(), 429);
}

TEST_F(Reload, ALimitWhoseRateChangesRemembersWhoHasHadHowMuch) {
  const auto limit = [](const std::string& burst) {
    return "limits: [{ token_bucket: { rate: 1/h, burst: " + burst + " }, key: \"header:X-Who\" }]";
  };
  Gateway gateway(yaml({.route = limit("3")}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Client(gateway).get("/", "X-Who: me\r\n").status(), 200);
  EXPECT_TRUE(gateway.reload(yaml({.route = limit("4")})));
  EXPECT_EQ(Client(gateway).get("/", "X-Who: me\r\n").status(), 200);
  EXPECT_EQ(Client(gateway).get("/", "X-Who: me\r\n").status(), 429);
  EXPECT_EQ(Client(gateway).get("/", "X-Who: you\r\n").status(), 200);
}

// What a fixed window had let pass beyond its new limit was taken for some four billion requests that are left.
TEST_F(Reload, ALimitThatIsLoweredBelowWhatHasPassedIsUsedUp) {
  for (const std::string kind : {"fixed_window", "sliding_window"}) {
    const auto limit = [&](const std::string& most) {
      return "limits: [{ " + kind + ": { limit: " + most + ", window: 24h } }]";
    };
    Gateway gateway(yaml({.route = limit("9")}));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(Client(gateway).get("/").status(), 200);
    EXPECT_TRUE(gateway.reload(yaml({.route = limit("3")})));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(Client(gateway).get("/").status(), 429) << kind;
  }
}

TEST_F(Reload, AListenerComesAndGoesWithItsConnections) {
  Gateway gateway(yaml());
  std::string text = yaml();
  const std::string listener = "  - { bind: \"127.0.0.1:0\" }\n";
  text.insert(text.find(listener), listener);
  EXPECT_TRUE(gateway.reload(text));
  Client second(gateway.port(1));
  EXPECT_EQ(second.get("/").status(), 200);
  Client first(gateway.port(0));
  EXPECT_EQ(first.get("/").status(), 200);
  EXPECT_TRUE(gateway.reload(yaml()));
  EXPECT_TRUE(second.ends());
  EXPECT_EQ(first.get("/").status(), 200);
  EXPECT_THROW(Client(gateway.port(1)), HarnessError);
}

TEST_F(Reload, AListenersBoundsChangeForNewConnections) {
  Gateway gateway(yaml());
  Client old(gateway);
  EXPECT_EQ(old.ask(post("/", "12345")).status(), 200);
  EXPECT_TRUE(gateway.reload(yaml({.listener = "max: { body: 4 }"})));
  EXPECT_EQ(old.ask(post("/", "12345")).status(), 200);
  EXPECT_EQ(Client(gateway).ask(post("/", "12345")).status(), 413);
}

TEST_F(Reload, AnEndpointThatIsAddedGetsItsShareAndTheOthersNoticeNothing) {
  Fleet fleet(3);
  const auto endpoints = fleet.endpoints();
  const Additions slow_start_off = {.upstream = "slow_start: off"};
  Gateway gateway(gateway_yaml({endpoints[0], endpoints[1]}, slow_start_off));
  ask(gateway, fleet, 10);
  EXPECT_TRUE(gateway.reload(gateway_yaml(endpoints, slow_start_off)));
  const Met met = ask(gateway, fleet, 30);
  EXPECT_EQ(met.errors, 0u);
  EXPECT_EQ(met.answers, (std::vector<std::size_t>{10, 10, 10}));
  EXPECT_EQ(fleet[0].connections(), 1u);
  EXPECT_EQ(fleet[1].connections(), 1u);
}

TEST_F(Reload, AnEndpointThatWasEjectedStaysOut) {
  Fleet fleet(3);
  fleet[1].answer("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
  const auto with = [&](const std::string& more) {
    return fleet.yaml({.upstream = "outlier: { eject_for: 5m }" + more});
  };
  Gateway gateway(with(""));
  EXPECT_TRUE(eventually([&] {
    ask(gateway, fleet, 3);
    return gateway.admin("/upstreams").body.find("ejected") != std::string::npos;
  }));
  EXPECT_TRUE(gateway.reload(with(", timeouts: { connect: 1s }")));
  EXPECT_THAT(gateway.admin("/upstreams").body, HasSubstr("ejected"));
  EXPECT_EQ(ask(gateway, fleet, 10).errors, 0u);
}

TEST_F(Reload, WhatANewStartIsNeededForIsTold) {
  Gateway gateway(yaml());
  EXPECT_TRUE(gateway.reload(yaml({.top = "workers: 2\n"})));
  EXPECT_THAT(gateway.process().err().text(), HasSubstr("workers: the new value is used from the next start on"));
}

TEST_F(Reload, ConnectionsToAnUpstreamThatIsGoneEnd) {
  Backend other;
  const std::string route = "- { match: { path: /other }, upstream: other }\n";
  const auto with_other = [&](const std::string& more) {
    std::string text = yaml({.routes = route + more});
    const std::string routes = "routes:\n";
    return text.insert(text.find(routes), "  other: { endpoints: [\"" + other.address() + "\"] }\n");
  };
  Gateway gateway(with_other(""));
  EXPECT_EQ(Client(gateway).get("/other").status(), 200);
  EXPECT_TRUE(gateway.reload(with_other(kTeapot)));
  EXPECT_EQ(Client(gateway).get("/other").status(), 200);
  EXPECT_EQ(other.connections(), 1u);
  EXPECT_TRUE(gateway.reload(yaml()));
  EXPECT_TRUE(other.wait_for_closed(1));
  EXPECT_THAT(gateway.admin("/upstreams").body, Not(HasSubstr(other.address())));
}

TEST_F(Reload, CrowdsOfUpstreamsComeChangeAndGo) {
  Gateway gateway(with_crowd(300, "]"));
  EXPECT_EQ(Client(gateway).get("/last").status(), 200);
  EXPECT_TRUE(gateway.reload(with_crowd(300, "], timeouts: { first_byte: 3s }")));
  EXPECT_TRUE(gateway.reload(with_crowd(300, ", \"127.0.0.1:1\"], timeouts: { first_byte: 3s }")));
  EXPECT_EQ(upstreams(gateway), 301u);
  EXPECT_EQ(Client(gateway).get("/last").status(), 200);
  EXPECT_TRUE(gateway.reload(with_crowd(2, "]")));
  EXPECT_EQ(upstreams(gateway), 3u);
  EXPECT_TRUE(gateway.reload(with_crowd(300, "]")));
  EXPECT_EQ(Client(gateway).get("/last").status(), 200);
}

TEST_F(Reload, WhoComesBeforeAllIsReadyWaits) {
  // A worker that had a thousand tasks to do began to accept before it had come to its view.
  const TempDir directory;
  const SocketAddress address = SocketAddress::unix_path(directory.path("gateway.sock"));
  std::string text = with_crowd(2000, "]");
  text.insert(text.find("admin:"), "  - { bind: \"" + address.text() + "\" }\n");
  int status = 0;
  std::thread early([&] {
    eventually([&] {
      try {
        status = Client(address).get("/last").status();
      } catch (const HarnessError&) {  // nobody listens yet
      }
      return status != 0;
    });
  });
  const Gateway gateway(text);
  early.join();
  EXPECT_EQ(status, 200);
}

TEST_F(Reload, NoRequestIsLostOverManyOfThemAndNothingIsLeftOver) {
  Gateway gateway(yaml({.top = "workers: 2\n"}));
  std::atomic<bool> over = false;
  std::atomic<std::size_t> asked = 0, failed = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (!over) {
        Client client(gateway);
        for (int request = 0; request < 20 && !over; ++request, ++asked) failed += client.get("/").status() != 200;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    const std::string first_byte = "timeouts: { first_byte: " + std::to_string(i % 5 + 3) + "s }";
    EXPECT_EQ(gateway.reload(yaml({.upstream = i % 2 ? "nonsense: 1" : first_byte, .top = "workers: 2\n"})),
              i % 2 == 0);
  }
  EXPECT_TRUE(eventually([&] { return asked > 100; }));
  over = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0u);
  EXPECT_TRUE(
      eventually([&] { return metric(gateway, R"(penstock_upstream_in_flight_requests{upstream="app"})") == "0"; }));
  const std::string idle = metric(gateway, R"(penstock_upstream_connections{upstream="app",state="idle"})");
  EXPECT_TRUE(backend.wait_for_closed(backend.connections() - std::stoul(idle)));
  EXPECT_THAT(gateway.admin("/upstreams").body, HasSubstr(R"("in_flight":0)"));
}

}  // namespace
}  // namespace penstock::e2e
