// Every policy at work: which backend real requests come to.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <set>
#include <thread>

#include "tests/support/fixture.h"
#include "tests/support/fleet.h"

namespace penstock::e2e {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Additions kQuiet = {.top = "access_log: off\n"};

Additions with(const std::string& upstream, const std::string& top = "") {
  return {.upstream = upstream, .top = "access_log: off\n" + top};
}

/// Pearson's statistic against the shares that the weights ask for.
double chi_square(const std::vector<std::size_t>& counts, const std::vector<double>& weights) {
  const double all = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
  const double weight = std::accumulate(weights.begin(), weights.end(), 0.0);
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = all * weights[i] / weight;
    sum += (static_cast<double>(counts[i]) - expected) * (static_cast<double>(counts[i]) - expected) / expected;
  }
  return sum;
}

const std::vector<std::string> kWeights = {"weight: 5", "weight: 3", "", ""};

TEST(Balancing, TheSmoothPolicyIsExactAndTheDefault) {
  Fleet fleet(4);
  Gateway gateway(fleet.yaml(kQuiet, kWeights));
  EXPECT_THAT(ask(gateway, fleet, 10'000).answers, ElementsAre(5'000, 3'000, 1'000, 1'000));
}

TEST(Balancing, RoundRobinGivesEachItsTurnWhateverItsWeight) {
  Fleet fleet(4);
  Gateway gateway(fleet.yaml(with("balancer: round_robin"), kWeights));
  EXPECT_THAT(ask(gateway, fleet, 400).answers, Each(100));
}

TEST(Balancing, WeightedRandomKeepsToTheWeights) {
  Fleet fleet(4);
  Gateway gateway(fleet.yaml(with("balancer: weighted_random"), kWeights));
  const auto counts = ask(gateway, fleet, 10'000).answers;
  EXPECT_LT(chi_square(counts, {5, 3, 1, 1}), 30.7) << ::testing::PrintToString(counts);  // p > 1e-6
  EXPECT_GT(chi_square(counts, {5, 3, 1, 1}), 0);
}

TEST(Balancing, RandomIsEven) {
  Fleet fleet(4);
  Gateway gateway(fleet.yaml(with("balancer: random"), kWeights));
  EXPECT_LT(chi_square(ask(gateway, fleet, 4'000).answers, {1, 1, 1, 1}), 30.7);
}

TEST(Balancing, LeastConnectionsAvoidsTheBusyOne) {
  Fleet fleet(3);
  const auto first = std::make_shared<std::atomic<bool>>(true);
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    fleet[i].on_request([i, first](Exchange& exchange) {
      if (first->exchange(false)) exchange.stall();
      exchange.ok(std::to_string(i));
    });
  }
  Gateway gateway(fleet.yaml(with("balancer: least_connections")));
  Client stuck(gateway);
  stuck.send(get("/"));
  const auto asked = [&](std::size_t i) { return fleet[i].request_count() > 0; };
  std::size_t busy = 0;
  ASSERT_TRUE(eventually([&] {
    for (busy = 0; busy < fleet.size() && !asked(busy); ++busy) {
    }
    return busy < fleet.size();
  }));
  EXPECT_EQ(ask(gateway, fleet, 50).answers[busy], 0u);
  fleet[busy].release();
  EXPECT_EQ(stuck.response().body, std::to_string(busy));
}

TEST(Balancing, PeakEwmaAvoidsTheSlowOne) {
  Fleet fleet(3);
  Gateway gateway(fleet.yaml(with("balancer: peak_ewma")));
  fleet[1].on_request([](Exchange& exchange) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    exchange.ok("1");
  });
  const Met met = ask(gateway, fleet, 600);
  EXPECT_EQ(met.errors, 0u);
  EXPECT_LT(met.answers[1], 40u);
}

TEST(Balancing, AConsistentHashKeepsAUserWhereItIs) {
  Fleet fleet(5);
  Gateway gateway(fleet.yaml(with("balancer: { policy: consistent_hash, key: \"header:X-User\" }")));
  std::set<std::string> used;
  Client client(gateway);
  for (int user = 0; user < 40; ++user) {
    const std::string field = "X-User: u" + std::to_string(user) + "\r\n";
    const std::string first = client.get("/", field).body;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/", field).body, first);
    used.insert(first);
  }
  EXPECT_EQ(used.size(), 5u);
}

TEST(Balancing, AMissingKeyIsSpreadOverAll) {
  Fleet fleet(5);
  Gateway gateway(fleet.yaml(with("balancer: { policy: consistent_hash, key: \"header:X-User\" }")));
  const auto counts = ask(gateway, fleet, 500).answers;
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 20u);
}

TEST(Balancing, MaglevKeepsAPathWhereItIs) {
  Fleet fleet(5);
  Gateway gateway(fleet.yaml(with("balancer: { policy: maglev, key: path }")));
  std::set<std::string> used;
  Client client(gateway);
  for (int path = 0; path < 40; ++path) {
    const std::string first = client.get("/" + std::to_string(path)).body;
    EXPECT_EQ(client.get("/" + std::to_string(path) + "?q").body, first);
    used.insert(first);
  }
  EXPECT_EQ(used.size(), 5u);
}

TEST(Balancing, ABoundedHashSparesTheFullOne) {
  Fleet fleet(3);
  Gateway gateway(
      fleet.yaml(with("balancer: { policy: consistent_hash, key: \"query:k\", bounded_load: 1.25 }, outlier: off")));
  for (std::size_t i = 0; i < 3; ++i) {
    fleet[i].on_request([i](Exchange& exchange) {
      exchange.stall();
      exchange.ok(std::to_string(i));
    });
  }
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 9; ++i) {
    clients.push_back(std::make_unique<Client>(gateway));
    clients.back()->send(get("/?k=hot"));
    std::size_t arrived = 0;
    while (arrived != static_cast<std::size_t>(i) + 1)
      arrived = fleet[0].request_count() + fleet[1].request_count() + fleet[2].request_count();
  }
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LE(fleet[i].request_count(), 4u);  // 1.25 times the mean of 3
    fleet[i].release(9);
  }
  for (auto& client : clients) EXPECT_EQ(client->response().status(), 200);
}

TEST(Balancing, SourceHashGoesByTheRealAddress) {
  Fleet fleet(5);
  for (const char* policy : {"source_hash", "{ policy: source_hash, consistent: true }"}) {
    Gateway gateway(fleet.yaml(with("balancer: " + std::string(policy), "trusted_proxies: [127.0.0.1]\n")));
    std::set<std::string> used;
    Client client(gateway);
    for (int i = 0; i < 40; ++i) {
      const std::string address = "203.0.113." + std::to_string(i);
      const std::string first = client.get("/", "X-Forwarded-For: " + address + "\r\n").body;
      EXPECT_EQ(client.get("/", "X-Forwarded-For: 10.9.9.9, " + address + "\r\n").body, first);
      used.insert(first);
    }
    EXPECT_EQ(used.size(), 5u);
    const std::string net = client.get("/", "X-Forwarded-For: 2001:db8::1\r\n").body;
    EXPECT_EQ(client.get("/", "X-Forwarded-For: 2001:db8::ffff:2\r\n").body, net);
  }
}

TEST(Balancing, AForgedForwardedForDoesNotMoveAStranger) {
  Fleet fleet(5);
  Gateway gateway(fleet.yaml(with("balancer: source_hash")));
  Client client(gateway);
  const std::string first = client.get("/").body;
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(client.get("/", "X-Forwarded-For: 203.0.113." + std::to_string(i) + "\r\n").body, first);
}

// ---- sticky sessions

class Stickiness : public ::testing::Test {
 protected:
  Fleet fleet{4};

  static std::string cookie_of(const Message& answer) {
    const std::string field = answer["Set-Cookie"];
    return field.substr(0, field.find(';'));
  }
  static std::string sending(const std::string& cookie) { return "Cookie: a=b; " + cookie + "\r\n"; }
  Additions sticky() { return with("sticky: { cookie: at, secret: a-secret-of-the-test }"); }
};

TEST_F(Stickiness, AClientStaysWhereItsCookieSays) {
  Gateway gateway(fleet.yaml(sticky()));
  Client client(gateway);
  const Message first = client.get("/");
  EXPECT_THAT(first["Set-Cookie"], StartsWith("at="));
  EXPECT_THAT(first["Set-Cookie"], HasSubstr("; HttpOnly"));
  EXPECT_THAT(first["Set-Cookie"], Not(HasSubstr("127.0.0.1")));
  for (int i = 0; i < 8; ++i) {
    const Message next = client.get("/", sending(cookie_of(first)));
    EXPECT_EQ(next.body, first.body);
    EXPECT_FALSE(next.fields.has("Set-Cookie"));
  }
}

TEST_F(Stickiness, ClientsWithoutACookieAreSpread) {
  Gateway gateway(fleet.yaml(sticky()));
  EXPECT_THAT(ask(gateway, fleet, 40).answers, Each(10));
}

TEST_F(Stickiness, AForgedCookieIsReplaced) {
  Gateway gateway(fleet.yaml(sticky()));
  Client client(gateway);
  for (const char* forged : {"at=", "at=AAAAAAAAAAAAAAAAAAAAAA", "at=127.0.0.1:80", "at=\"\""}) {
    const Message answer = client.get("/", sending(forged));
    EXPECT_EQ(answer.status(), 200);
    EXPECT_THAT(answer["Set-Cookie"], StartsWith("at="));
  }
}

TEST_F(Stickiness, WhereTheEndpointIsGoneThereIsAnotherAndANewCookie) {
  Gateway gateway(fleet.yaml(sticky()));
  Client client(gateway);
  const Message first = client.get("/");
  fleet.kill(std::stoul(first.body));
  const Message moved = client.get("/", sending(cookie_of(first)));
  EXPECT_EQ(moved.status(), 200);
  EXPECT_NE(moved.body, first.body);
  EXPECT_NE(cookie_of(moved), cookie_of(first));
  EXPECT_EQ(client.get("/", sending(cookie_of(moved))).body, moved.body);
}

TEST_F(Stickiness, WithTheSameSecretACookieHoldsBeyondARestart) {
  std::string cookie, body;
  {
    Gateway gateway(fleet.yaml(sticky()));
    const Message first = Client(gateway).get("/");
    cookie = cookie_of(first);
    body = first.body;
  }
  Gateway gateway(fleet.yaml(sticky()));
  EXPECT_EQ(Client(gateway).get("/", sending(cookie)).body, body);
}

// ---- levels

TEST(Levels, ALowerPriorityTakesOverWhenTheUpperOneIsDown) {
  Fleet fleet(3);
  Gateway gateway(fleet.yaml(with("health_check: { interval: 50ms, timeout: 50ms }"), {"", "", "priority: 1"}));
  EXPECT_THAT(ask(gateway, fleet, 20).answers, ElementsAre(10, 10, 0));
  fleet.kill(0);
  fleet.kill(1);
  EXPECT_TRUE(eventually([&] { return ask(gateway, fleet, 20).answers[2] == 20; }));
}

TEST(Levels, TheOwnZoneIsPreferred) {
  Fleet fleet(4);
  Gateway gateway(fleet.yaml(with("", "zone: east\n"), {"zone: east", "zone: west", "zone: east", "zone: west"}));
  EXPECT_THAT(ask(gateway, fleet, 20).answers, ElementsAre(10, 0, 10, 0));
}

TEST(Levels, AGatewayKeepsToItsSubset) {
  Fleet fleet(6);
  std::set<std::string> used;
  for (const char* number : {"0", "1"}) {
    Gateway gateway(fleet.yaml(with("subset: { size: 3, gateway: " + std::string(number) + " }")));
    const auto counts = ask(gateway, fleet, 30).answers;
    EXPECT_EQ(std::count(counts.begin(), counts.end(), 10u), 3);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      EXPECT_TRUE(used.insert(std::to_string(i)).second) << i;
    }
  }
  EXPECT_EQ(used.size(), 6u);
}

}  // namespace
}  // namespace penstock::e2e
