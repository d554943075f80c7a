// Three endpoints that do as they are told, behind a gateway that hedges.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <sstream>
#include <string>

#include "tests/support/fixture.h"
#include "tests/support/fleet.h"

namespace penstock::e2e {

/// Is never hedged, however long it takes.
inline const std::string kPlain = request("POST", "/", "Content-Length: 0\r\n");

/// Waits until the gateway closes the connection, which it must.
inline void never_answer(Exchange& exchange) {
  exchange.await_close();
}

/// A request goes to fleet[0], its hedge to fleet[1], and a retry to fleet[2].
class Hedging : public ::testing::Test {
 protected:
  static Additions after(const std::string& wait, const std::string& of_retry = "", const std::string& more = "") {
    return {.upstream = "outlier: off, balancer: round_robin, retry: { backoff: 1ms, hedge_after: " + wait + of_retry +
                        " }" + more};
  }
  /// A try ends with 504, long after it would have been hedged.
  static Additions given_up(const std::string& of_retry = "", const std::string& more = "") {
    return after("1ms", ", on: [503], per_try_timeout: 100ms" + of_retry, more);
  }

  /// Starts the gateway, and asks it until it has a connection to each and it is the first one's turn.
  void start(const Additions& additions) {
    gateway = std::make_unique<Gateway>(fleet.yaml(additions));
    Client client(*gateway);
    do {
      ++turns;
    } while (client.ask(kPlain).body != "2" || turns < fleet.size());
    for (std::size_t i = 0; i < fleet.size(); ++i) {
      fleet[i].take_requests();
      on_try(i, [i](Exchange& exchange) { exchange.ok(std::to_string(i)); });
    }
  }
  /// Requests go to fleet[0] alone, and their hedges to this address.
  void hedge_at(const std::string& address, const std::string& connect_timeout) {
    gateway =
        std::make_unique<Gateway>(gateway_yaml({fleet[0].address(), "{ address: \"" + address + "\", priority: 1 }"},
                                               after("1ms", "", ", timeouts: { connect: " + connect_timeout + " }")));
  }
  void on_try(std::size_t index, Backend::Script script) {
    fleet[index].on_request([asked = asked, index, script = std::move(script)](Exchange& exchange) {
      ++(*asked)[index];
      script(exchange);
    });
  }
  /// When the hedge has been sent, too.
  void beside_a_hedge(Backend::Script script) {
    on_try(0, [asked = asked, script = std::move(script)](Exchange& exchange) {
      EXPECT_TRUE(eventually([&] { return (*asked)[1] > 0; }));
      script(exchange);
    });
  }
  int tries(std::size_t index) const { return (*asked)[index]; }

  double metric(const std::string& name, const std::string& labels = "") const {
    const std::string series = name + R"({upstream="app")" + labels + "} ";
    std::istringstream page(gateway->admin("/metrics").body);
    for (std::string line; std::getline(page, line);) {
      if (line.starts_with(series)) return std::stod(line.substr(series.size()));
    }
    ADD_FAILURE() << "no " << series;
    return -1;
  }
  double retries(const std::string& reason) const {
    return metric("penstock_upstream_retries_total", ",reason=\"" + reason + "\"");
  }
  double won() const { return metric("penstock_upstream_hedges_won_total"); }
  /// At none of the endpoints, as /upstreams has it.
  bool nothing_is_under_way() const {
    const std::string page = gateway->admin("/upstreams").body;
    std::size_t idle = 0;
    for (std::size_t at = 0; (at = page.find("\"in_flight\":0,", at)) != std::string::npos; ++at) ++idle;
    return idle == fleet.size();
  }
  std::string log_line() { return gateway->access_log(turns + 1).back(); }

  Fleet fleet{3};
  std::shared_ptr<std::array<std::atomic<int>, 3>> asked = std::make_shared<std::array<std::atomic<int>, 3>>();
  std::size_t turns = 0;
  std::unique_ptr<Gateway> gateway;
};

}  // namespace penstock::e2e
