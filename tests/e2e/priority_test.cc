// The class of a request as a trusted proxy says it.
#include <deque>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

const std::string kTrusting = "trusted_proxies: [127.0.0.0/8]\npriority_header: X-Priority\n";

class Priority : public H1ToH1 {
 protected:
  /// How many of 20 requests that are held find one of 10 places, after one of each class in `seen` has come.
  std::size_t places_for(const std::string& top, const std::string& fields, const std::vector<std::string>& seen) {
    Gateway gateway(backend, {.upstream = "limits: [{ concurrency: 10 }]", .top = top});
    backend.on_request([](Exchange& exchange) { exchange.ok("ok"); });
    for (const std::string& other : seen) Client(gateway).get("/", "X-Priority: " + other + "\r\n");
    backend.take_requests();
    backend.on_request([](Exchange& exchange) {
      exchange.stall();
      exchange.ok("ok");
    });
    std::deque<Client> clients;
    std::size_t refused = 0;
    for (std::size_t i = 0; i < 20; ++i) {
      clients.emplace_back(gateway).send(get("/", fields));
      if (!eventually([&] { return held() + refused > i || refused_so_far(gateway) > refused; })) break;
      refused = refused_so_far(gateway);
    }
    const std::size_t places = held();
    backend.release(places);
    return places;
  }

 private:
  std::size_t held() {
    const std::vector<Message> more = backend.take_requests();
    held_ += more.size();
    return held_;
  }
  static std::size_t refused_so_far(const Gateway& gateway) {
    return std::stoul(json_member(gateway.admin("/limits").body, "refused_total"));
  }
  std::size_t held_ = 0;
};

TEST_F(Priority, TheReserveFollowsTheClassOfTheRequest) {
  // Three higher classes are in use, the route's own among them: 45 % of the places.
  EXPECT_EQ(places_for(kTrusting, "X-Priority: background\r\n", {"critical", "sheddable"}), 6u);
}

TEST_F(Priority, TheHighestClassHasAllPlaces) {
  EXPECT_EQ(places_for(kTrusting, "X-Priority: critical\r\n", {"background"}), 10u);
}

TEST_F(Priority, AWordThatIsNoClassSaysNothing) {
  EXPECT_EQ(places_for(kTrusting, "X-Priority: urgent\r\n", {"sheddable"}), 10u);
}

TEST_F(Priority, StrangersAreNotBelieved) {
  EXPECT_EQ(places_for("priority_header: X-Priority\n", "X-Priority: background\r\n", {"critical"}), 10u);
}

TEST_F(Priority, PassesOnFromTrustedProxiesAlone) {
  {
    Gateway gateway(backend, {.top = kTrusting});
    Client(gateway).get("/", "X-Priority: Anything\r\n");
    EXPECT_EQ(backend.take_request()["X-Priority"], "Anything");
  }
  Gateway gateway(backend, {.top = "priority_header: X-Priority\n"});
  Client(gateway).get("/", "x-priority: critical\r\n");
  EXPECT_FALSE(backend.take_request().fields.has("X-Priority"));
}

}  // namespace
}  // namespace penstock::e2e
