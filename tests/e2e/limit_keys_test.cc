// What requests are told apart by at limits: each kind of limit by a key, and each kind of key.
#include <string>
#include <vector>

#include "tests/support/fixture.h"

namespace penstock::e2e {
namespace {

class LimitKeys : public H1ToH1 {
 protected:
  static Additions with(const std::string& limit, const std::string& key, const std::string& top = "") {
    return {.route = "limits: [{ " + limit + ", key: " + key + " }]", .top = top};
  }
  static Additions two_by(const std::string& key, const std::string& top = "") {
    return with("token_bucket: { rate: 1/h, burst: 2 }", key, top);
  }
  /// How many of four requests pass; the others must be told that they are too many.
  static int passed(const Gateway& gateway, const std::string& path, const std::string& fields = "") {
    Client client(gateway);
    int count = 0;
    for (int i = 0; i < 4; ++i) {
      const int status = client.get(path, fields).status();
      EXPECT_TRUE(status == 200 || status == 429) << status;
      count += status == 200;
    }
    return count;
  }
  static std::string from(const std::string& address) { return "X-Forwarded-For: " + address + "\r\n"; }
};

const std::string kTrusting = "trusted_proxies: [127.0.0.0/8]\n";

TEST_F(LimitKeys, EachKindOfRateCountsEachValueByItself) {
  for (const std::string limit : {"token_bucket: { rate: 2/h, burst: 2 }", "sliding_window: { limit: 2, window: 24h }",
                                  "fixed_window: { limit: 2, window: 24h }", "leaky_bucket: { rate: 1/h, queue: 0 }"}) {
    const int most = limit.starts_with("leaky") ? 1 : 2;
    Gateway gateway(backend, with(limit, "\"header:X-Who\""));
    for (const char* who : {"a", "b"})
      EXPECT_EQ(passed(gateway, "/", "X-Who: " + std::string(who) + "\r\n"), most) << limit;
    EXPECT_EQ(passed(gateway, "/", "X-Who: a\r\n"), 0) << limit;
  }
}

TEST_F(LimitKeys, ALeakyBucketHasAQueueForEachValue) {
  Gateway gateway(backend, with("leaky_bucket: { rate: 1/h, queue: 1, max_wait: 2h }", "\"header:X-Who\""));
  const auto waits = [&](Client& client, const std::string& fields, const std::string& in_all) {
    client.send(get("/", fields));
    return eventually([&] { return json_member(gateway.admin("/limits").body, "waited_total") == in_all; });
  };
  Client a(gateway), b(gateway);
  for (const char* who : {"X-Who: a\r\n", "X-Who: b\r\n"}) EXPECT_EQ(Client(gateway).get("/", who).status(), 200);
  EXPECT_TRUE(waits(a, "X-Who: a\r\n", "1"));
  EXPECT_EQ(Client(gateway).get("/", "X-Who: a\r\n").status(), 429);
  EXPECT_TRUE(waits(b, "X-Who: b\r\n", "2"));
}

TEST_F(LimitKeys, EachValueHasPlacesOfItsOwnAndItsClientsAreToBlame) {
  Gateway gateway(backend, with("concurrency: 1", "\"header:X-Who\""));
  backend.on_request([](Exchange& exchange) {
    if (exchange.request().target() == "/held") exchange.stall();
    exchange.ok("ok");
  });
  Client held(gateway);
  held.send(get("/held", "X-Who: a\r\n"));
  backend.request();
  const Message refused = Client(gateway).get("/", "X-Who: a\r\n");
  expect_proxy_error(refused, 429, "rate_limited", "http_request_denied");
  EXPECT_EQ(refused["Retry-After"], "1");
  EXPECT_EQ(Client(gateway).get("/", "X-Who: b\r\n").status(), 200);
  EXPECT_EQ(json_member(gateway.admin("/limits").body, "busy_keys"), "1");
  backend.release();
  EXPECT_EQ(held.response().status(), 200);
  EXPECT_EQ(Client(gateway).get("/", "X-Who: a\r\n").status(), 200);
}

TEST_F(LimitKeys, AClientIsItsRealAddressAndAnIPv6SubscriberOne) {
  Gateway gateway(backend, two_by("client_ip", kTrusting));
  EXPECT_EQ(passed(gateway, "/", from("192.0.2.1")), 2);
  EXPECT_EQ(passed(gateway, "/", from("192.0.2.2")), 2);
  EXPECT_EQ(passed(gateway, "/", from("2001:db8:1:2::1")), 2);
  EXPECT_EQ(passed(gateway, "/", from("2001:db8:1:2:ffff::1")), 0);
  EXPECT_EQ(passed(gateway, "/", from("2001:db8:1:3::1")), 2);
}

TEST_F(LimitKeys, AStrangerCannotSayWhoHeIs) {
  Gateway gateway(backend, two_by("client_ip"));
  EXPECT_EQ(passed(gateway, "/", from("192.0.2.1")), 2);
  EXPECT_EQ(passed(gateway, "/", from("192.0.2.2")), 0);
}

TEST_F(LimitKeys, ACookieTellsClientsApart) {
  Gateway gateway(backend, two_by("\"cookie:session\""));
  EXPECT_EQ(passed(gateway, "/", "Cookie: theme=dark; session=a\r\n"), 2);
  EXPECT_EQ(passed(gateway, "/", "Cookie: session=b\r\n"), 2);
  EXPECT_EQ(passed(gateway, "/", "Cookie: session=a; theme=light\r\n"), 0);
}

TEST_F(LimitKeys, AParameterTellsClientsApart) {
  Gateway gateway(backend, two_by("\"query:user\""));
  EXPECT_EQ(passed(gateway, "/?page=1&user=a"), 2);
  EXPECT_EQ(passed(gateway, "/?user=b"), 2);
  EXPECT_EQ(passed(gateway, "/?user=a&page=2"), 0);
}

TEST_F(LimitKeys, EachPathIsCountedWithoutItsQuery) {
  Gateway gateway(backend, two_by("path"));
  EXPECT_EQ(passed(gateway, "/a"), 2);
  EXPECT_EQ(passed(gateway, "/b"), 2);
  EXPECT_EQ(passed(gateway, "/x/../a?q=1"), 0);
}

TEST_F(LimitKeys, OfAKeyOfTwoPartsBothCount) {
  Gateway gateway(backend, two_by("[\"header:X-Who\", path]"));
  for (const char* path : {"/a", "/b"}) {
    for (const char* who : {"X-Who: a\r\n", "X-Who: b\r\n"}) EXPECT_EQ(passed(gateway, path, who), 2) << path << who;
  }
  EXPECT_EQ(passed(gateway, "/a", "X-Who: a\r\n"), 0);
}

TEST_F(LimitKeys, WhoLeavesTheKeyOutIsKnownByHisAddress) {
  for (const char* key : {"\"header:X-Who\"", "\"cookie:session\"", "\"query:user\""}) {
    Gateway gateway(backend, two_by(key, kTrusting));
    EXPECT_EQ(passed(gateway, "/", from("192.0.2.1")), 2) << key;
    EXPECT_EQ(passed(gateway, "/", from("192.0.2.2")), 2) << key;
  }
}

TEST_F(LimitKeys, TheValuesInUseAreCounted) {
  Gateway gateway(backend, two_by("\"header:X-Who\""));
  for (const char* who : {"a", "b", "c"}) passed(gateway, "/", "X-Who: " + std::string(who) + "\r\n");
  EXPECT_EQ(json_member(gateway.admin("/limits").body, "busy_keys"), "3");
}

}  // namespace
}  // namespace penstock::e2e
