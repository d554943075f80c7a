// What endpoints do, and what the gateway counts of it.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "tests/e2e/counters_of_clients.h"
#include "tests/support/fleet.h"
#include "tests/support/tls_front.h"

namespace penstock::e2e {

inline const std::string kUnavailable = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";

/// Does what the path says.
inline void as_the_path_says(Exchange& exchange) {
  const std::string what = exchange.request().target();
  if (what == "/silent") return exchange.await_close();
  if (what == "/reset") return exchange.reset();
  if (what == "/unavailable") return exchange.reply(kUnavailable);
  if (what == "/garbage") return exchange.reply("this is no HTTP\r\n\r\n");
  if (what != "/stops" && what != "/short") return exchange.ok("ok");
  exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive.");
  what == "/stops" ? exchange.await_close() : exchange.close();
}

/// The same the first time that a path is asked for, at whichever endpoint; from then on all is well.
class AtFirst {
 public:
  void operator()(Exchange& exchange) const {
    bool first = false;
    {
      const std::lock_guard lock(seen_->mutex);
      first = seen_->paths.insert(exchange.request().target()).second;
    }
    first ? as_the_path_says(exchange) : exchange.ok("ok");
  }

 private:
  struct Seen {
    std::mutex mutex;
    std::set<std::string> paths;
  };
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
};

/// One of five endpoints is to be ejected.
struct Ejecting {
  Ejecting(const std::string& outlier, std::string why, Backend::Script of_one)
      : reason(std::move(why)),
        gateway(fleet.yaml({.upstream = "outlier: { " + outlier + " }", .top = "access_log: off\n"})) {
    fleet[1].on_request(std::move(of_one));
  }
  std::string counter() const { return "upstream_ejections_total{reason=\"" + reason + "\"}"; }

  const std::string reason;
  Fleet fleet{5};
  Gateway gateway;
};

class CountersOfEndpoints : public CountersOfClients {
 public:
  CountersOfEndpoints() { backend.on_request(as_the_path_says); }

  void an_endpoint_fails_at_requests() {
    Gateway gateway(backend, {.upstream = "outlier: off, timeouts: { first_byte: 300ms, idle: 300ms }",
                              .routes = "- { match: { headers: { x-hurry: \"*\" } }, upstream: app, "
                                        "timeouts: { first_byte: 10s, total: 50ms } }\n"});
    for (const char* path : {"/reset", "/garbage", "/silent"}) EXPECT_GE(Client(gateway).get(path).status(), 502);
    EXPECT_EQ(Client(gateway).get("/silent", "X-Hurry: 1\r\n").status(), 504);
    for (const char* path : {"/short", "/stops"}) {
      Client client(gateway);
      client.send(get(path));
      client.read_to_end();
    }
    count(gateway, errors({"upstream_reset", "upstream_protocol", "first_byte_timeout", "total_timeout",
                           "upstream_truncated", "upstream_idle_timeout"}));
  }
  void an_endpoint_can_not_be_reached() {
    const RefusedPort refused;
    const SilentPort silent;
    const TlsFront strange(backend, testing_support::Authority("others").sign({.san = "IP:127.0.0.1"}));
    Backend in_plain;
    in_plain.on_connection([](Connection& connection) {
      connection.send(ok_response("in plain"));
      connection.wait_for_bytes();
    });
    const auto meets = [&](const std::string& address, const std::string& upstream, const std::string& error) {
      Gateway gateway(gateway_yaml(address, {.upstream = upstream}));
      EXPECT_GE(Client(gateway).get("/").status(), 502) << error;
      count(gateway, joined({{"upstream_connects_total", "upstream_connect_errors_total"}, errors({error})}));
    };
    meets(refused.address(), "outlier: off", "connect_failed");
    meets(silent.address(), "timeouts: { connect: 100ms }", "connect_timeout");
    meets(strange.address(), "tls: {}", "tls_certificate");
    meets(in_plain.address(), "tls: { verify: false }", "tls_protocol");
  }
  void an_endpoint_is_not_asked() {
    const RefusedPort refused;
    const Gateway checked(gateway_yaml(refused.address(), {.upstream = "health_check: { interval: 50ms }"}));
    ASSERT_TRUE(eventually([&] { return Client(checked).get("/").status() == 503; }));
    count(checked, joined({errors({"no_endpoint"}), each("upstream_health_checks_total", "result", {"failed"})}));

    const Gateway full(backend, {.upstream = "pool: { max_connections: 1 }, health_check: { interval: 50ms }"});
    const Client under_way = ask_and_wait(Client(full), "/silent");
    EXPECT_EQ(Client(full).get("/").status(), 503);
    count(full, joined({errors({"pool_full"}), each("upstream_health_checks_total", "result", {"passed"})}));

    const Gateway broken(backend, {.upstream = "outlier: off, circuit_breaker: { min_requests: 1, open_for: 1m }"});
    Client(broken).get("/unavailable");
    Client(broken).get("/unavailable");
    count(broken, joined({errors({"circuit_open"}), {"upstream_circuit_breaker_rejected_total"}}));
  }
  void endpoints_are_asked_again() {
    Fleet fleet(2);
    const AtFirst at_first;
    for (std::size_t i = 0; i < fleet.size(); ++i) fleet[i].on_request(at_first);
    const std::string policy = "min_per_second: 1000, backoff: 1ms, max_backoff: 1ms";
    Gateway gateway(fleet.yaml({.upstream = "outlier: off, retry: { per_try_timeout: 300ms, " + policy + " }"}));
    for (const char* path : {"/reset", "/silent", "/unavailable", "/a", "/b", "/c", "/d"})
      EXPECT_EQ(Client(gateway).get(path).status(), 200) << path;
    for (std::size_t i = 0; i < fleet.size(); ++i) fleet[i].on_request(AtFirst());
    EXPECT_EQ(Client(gateway).get("/reset").status(), 200) << "on a connection that was used before";
    fleet.kill(0);
    for (const char* path : {"/e", "/f"}) EXPECT_EQ(Client(gateway).get(path).status(), 200);
    count(gateway, each("upstream_retries_total", "reason",
                        {"reset", "timeout", "status", "stale_connection", "connect_failure"}));
  }
  void an_endpoint_is_asked_beside_another_or_no_more() {
    Fleet fleet(2);
    const AtFirst at_first;
    for (std::size_t i = 0; i < fleet.size(); ++i) fleet[i].on_request(at_first);
    Gateway gateway(fleet.yaml({.upstream = "outlier: off, retry: { hedge_after: 1ms, min_per_second: 1000 }"}));
    EXPECT_EQ(Client(gateway).get("/silent").status(), 200);
    count(gateway, joined({each("upstream_retries_total", "reason", {"hedge"}), {"upstream_hedges_won_total"}}));

    Gateway poor(backend, {.upstream = "outlier: off, retry: { budget: 0, min_per_second: 0 }"});
    EXPECT_EQ(Client(poor).get("/unavailable").status(), 503);
    count(poor, {"upstream_retry_budget_exhausted_total"});
  }
  void endpoints_are_ejected() {
    const auto fails = [](Exchange& exchange) { exchange.reply(kUnavailable); };
    const auto is_slow = [](Exchange& exchange) {
      exchange.connection().stays_quiet(milliseconds(30));
      exchange.ok("1");
    };
    const std::string alone = "consecutive_failures: 0, failure_ratio: 0, min_requests: 1, ";
    std::list<Ejecting> all;
    all.emplace_back("consecutive_failures: 3", "consecutive_failures", fails);
    all.emplace_back("consecutive_failures: 0, min_requests: 3", "failure_ratio", fails);
    all.emplace_back(alone + "success_rate_stdev: 1.9", "success_rate", fails);
    all.emplace_back(alone + "latency_ratio: 5", "latency", is_slow);
    all.emplace_back("consecutive_failures: 3", "connect_failures", as_the_path_says).fleet.kill(1);
    for (Ejecting& each : all) ask(each.gateway, each.fleet, 50);
    for (Ejecting& each : all) {
      EXPECT_TRUE(eventually([&] {
        ask(each.gateway, each.fleet, 50);
        return counters::on(each.gateway.admin("/metrics").body).at(each.counter()) > 0;
      })) << each.reason;
      count(each.gateway, {each.counter()});
    }
  }
  void endpoints_are_encrypted() {
    const TlsFront front(backend, authority.sign({.san = "IP:127.0.0.1"}));
    const std::string ca = files.write("endpoints.crt", authority.pem());
    Gateway gateway(
        gateway_yaml(front.address(), {.upstream = "tls: { ca: " + ca + " }, pool: { requests_per_connection: 1 }"}));
    for (int i = 0; i < 2; ++i) EXPECT_EQ(Client(gateway).get("/").status(), 200);
    count(gateway, each("upstream_tls_handshakes_total", "session", {"new", "resumed"}));
  }
};

}  // namespace penstock::e2e
