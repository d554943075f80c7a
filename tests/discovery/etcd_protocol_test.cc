// etcd's client against answers that a real etcd seldom gives.
#include "discovery/base64.h"
#include "discovery/etcd/etcd.h"
#include "tests/discovery/scripted_registry.h"

namespace penstock::discovery {
namespace {

using e2e::Exchange;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string kv(const std::string& key, const std::string& value, int version) {
  return R"({"key":")" + base64("/services/api/" + key) + R"(","value":")" + base64(value) + R"(","mod_revision":")" +
         std::to_string(version) + "\"}";
}

std::string range(int revision, const std::string& kvs) {
  return R"({"header":{"revision":")" + std::to_string(revision) + R"("},"kvs":[)" + kvs + "]}";
}

std::string put_event(const std::string& key, const std::string& value, int version) {
  return R"({"result":{"header":{},"events":[{"kv":)" + kv(key, value, version) + "}]}}\n";
}

constexpr const char* kStream = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr const char* kCreated = R"({"result":{"header":{"revision":"7"},"created":true}})";

class EtcdProtocolTest : public ScriptedRegistryTest {
 protected:
  EtcdProtocolTest() { config.urls = {url()}; }
  /// The n-th range and the n-th stream (after which it waits for its end); the last one again and again.
  void answer(std::vector<std::string> ranges, std::vector<std::string> streams) {
    auto asked_ranges = std::make_shared<std::atomic<std::size_t>>(0);
    auto asked_streams = std::make_shared<std::atomic<std::size_t>>(0);
    server.on_request([=](Exchange& exchange) {
      const std::string target = exchange.request().target();
      if (exchange.request().body.find("count_only") != std::string::npos) return exchange.ok("{}");  // a probe
      if (target == "/v3/kv/range") return exchange.ok(ranges[std::min((*asked_ranges)++, ranges.size() - 1)]);
      exchange.reply(kStream);
      for (const char c : streams[std::min((*asked_streams)++, streams.size() - 1)]) {
        exchange.reply(e2e::chunk(std::string(1, c)));
      }
      exchange.await_close();
    });
  }
  void watch() {
    conf::Discover what;
    what.service = "api";
    watching.reset();  // it must not outlive its registry
    registry = make_etcd(parts(), config);
    watching = registry->watch_service(what, sink);
  }

  conf::Etcd config;
  std::unique_ptr<Registry> registry;
  std::unique_ptr<Watch> watching;
};

TEST_F(EtcdProtocolTest, AStreamMayBeCutIntoPiecesAnywhere) {
  answer({range(7, kv("a", "10.0.0.1:81", 5))}, {kCreated + put_event("b", R"({"host":"10.0.0.2","port":82})", 8)});
  watch();
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81", "10.0.0.2:82"}));
  const auto streams = asked("/v3/watch");
  EXPECT_THAT(streams[0].body, HasSubstr(R"("start_revision":"8")"));
  EXPECT_THAT(streams[0].body, HasSubstr("\"key\":\"" + base64("/services/api/") + "\""));
  EXPECT_THAT(streams[0].body, HasSubstr("\"range_end\":\"" + base64("/services/api0") + "\""));
}

TEST_F(EtcdProtocolTest, AWatchWhoseStartIsCompactedAwayIsBegunAnew) {
  answer({range(7, ""), range(50, kv("a", "10.0.0.1:81", 40))},
         {R"({"result":{"canceled":true,"compact_revision":"30"}})", kCreated});
  watch();
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  await_asked("/v3/watch", 2);
  EXPECT_THAT(asked("/v3/watch")[1].body, HasSubstr(R"("start_revision":"51")"));
  EXPECT_THAT(sink.failures, IsEmpty());
}

TEST_F(EtcdProtocolTest, ARevisionThatGoesBackwardsIsFollowedFromThere) {
  answer({range(70, kv("a", "10.0.0.1:81", 5)), range(3, kv("b", "10.0.0.2:82", 2))},
         {R"({"error":{"grpc_code":14,"message":"unavailable"}})", kCreated});
  watch();
  EXPECT_TRUE(await_list(sink, {"10.0.0.2:82"}));
  await_asked("/v3/watch", 2);
  EXPECT_THAT(asked("/v3/watch")[1].body, HasSubstr(R"("start_revision":"4")"));
}

TEST_F(EtcdProtocolTest, AStreamThatMakesNoSenseIsAFailureAndTheRangeIsReadAnew) {
  answer({range(7, kv("a", "10.0.0.1:81", 5))}, {"[]", R"({"result":{"events":[{"kv":{"key":"!!"}}]}})", kCreated});
  watch();
  EXPECT_TRUE(run_until([&] { return sink.lists.size() == 3; }));
  EXPECT_EQ(sink.failures.size(), 2u);
  EXPECT_THAT(sink.addresses(), ElementsAre("10.0.0.1:81"));
}

TEST_F(EtcdProtocolTest, ARangeThatMakesNoSenseIsAFailureAndNoList) {
  for (const char* body :
       {"", "{}", "[]", "null", R"({"header":{"revision":"x"}})", R"({"header":{"revision":"5"},"kvs":7})",
        R"({"header":{"revision":"5"},"kvs":[{"key":1}]})", R"({"header":{"revision":"5"},"more":true})", "<html>"}) {
    answer({body}, {kCreated});
    sink = {};
    watch();
    EXPECT_TRUE(run_until([&] { return !sink.failures.empty(); })) << body;
    EXPECT_THAT(sink.lists, IsEmpty()) << body;
  }
}

TEST_F(EtcdProtocolTest, AServiceOfNothingButNonsenseIsAFailure) {
  answer({range(7, kv("a", "nonsense", 5))}, {kCreated});
  watch();
  EXPECT_TRUE(run_until([&] { return !sink.failures.empty(); }));
  EXPECT_THAT(sink.lists, IsEmpty());
}

TEST_F(EtcdProtocolTest, StreamsThatEndAtOnceAreAskedForAtThePace) {
  server.on_request([](Exchange& exchange) {
    if (exchange.request().target() == "/v3/watch") return exchange.ok("");
    exchange.ok(range(7, kv("a", "10.0.0.1:81", 5)));
  });
  watch();
  run_for(milliseconds(3000));
  EXPECT_LE(asked("/v3/watch").size(), 12u);
}

TEST_F(EtcdProtocolTest, ATokenThatHasExpiredIsGotAnew) {
  auto logins = std::make_shared<std::atomic<int>>(0);
  server.on_request([logins](Exchange& exchange) {
    const std::string target = exchange.request().target();
    if (target == "/v3/auth/authenticate") return exchange.ok(R"({"token":"t)" + std::to_string(++*logins) + "\"}");
    if (exchange.request()["Authorization"] != "t2") {
      return exchange.reply(
          "HTTP/1.1 401 Unauthorized\r\nContent-Length: 36\r\n\r\n"
          R"({"error":"etcdserver: invalid token"})");
    }
    if (target == "/v3/watch") return exchange.await_close();
    exchange.ok(range(7, kv("a", "10.0.0.1:81", 5)));
  });
  config.auth = conf::Credentials{"gw", "pw"};
  watch();
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  EXPECT_THAT(sink.failures, IsEmpty());
  EXPECT_EQ(*logins, 2);
}

TEST_F(EtcdProtocolTest, AWatchMayEndWhenItIsTold) {
  answer({range(7, ""), "nonsense"}, {kCreated});
  conf::Discover what;
  what.service = "api";
  registry = make_etcd(parts(), config);
  EndingServices ending;
  for (int i = 1; i <= 2; ++i) {
    ending.watch = registry->watch_service(what, ending);
    EXPECT_TRUE(run_until([&] { return ending.told == i; }));
  }
  run_for(milliseconds(50));
  EXPECT_EQ(ending.told, 2);
}

}  // namespace
}  // namespace penstock::discovery
