// Consul's client against answers that a real Consul seldom gives.
#include "discovery/consul/consul.h"
#include "tests/discovery/scripted_registry.h"

namespace penstock::discovery {
namespace {

using e2e::Exchange;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kHealth = "/v1/health/service/";
constexpr const char* kLeader = "\"127.0.0.1:8300\"";

std::string entry(int port) {
  return R"({"Node":{"Address":"10.0.0.1"},"Service":{"ID":"a","Port":)" + std::to_string(port) +
         R"(},"Checks":[{"Status":"passing"}]})";
}

/// Ports from 1 on.
std::string many(int count) {
  std::string list = "[" + entry(1);
  for (int port = 2; port <= count; ++port) list += "," + entry(port);
  return list + "]";
}

std::string index_field(std::size_t index) {
  return "X-Consul-Index: " + std::to_string(index) + "\r\n";
}

class ConsulProtocolTest : public ScriptedRegistryTest {
 protected:
  ConsulProtocolTest() { config.urls = {url()}; }
  void answer(Answer how) { script(kHealth, kLeader, std::move(how)); }
  /// Answers the n-th query with one of these indexes and one instance; those after the last wait.
  void answer_with_indexes(std::vector<std::size_t> indexes) {
    answer([indexes](Exchange& exchange, std::size_t n) {
      if (n >= indexes.size()) return exchange.await_close();
      exchange.ok("[" + entry(81) + "]", index_field(indexes[n]));
    });
  }
  void watch() {
    what.service = "api";
    if (!registry) registry = make_consul(parts(), config);
    watching = registry->watch_service(what, sink);
  }

  conf::Consul config;
  conf::Discover what;
  std::unique_ptr<Registry> registry;
  std::unique_ptr<Watch> watching;
};

TEST_F(ConsulProtocolTest, AQueryWaitsForTheIndexAfterTheLast) {
  config.datacenter = "dc 2";
  config.token = "tt-oo-kk";
  what.tags = {"a&b"};
  answer_with_indexes({10});
  watch();
  const auto queries = await_asked(kHealth, 2);
  EXPECT_EQ(queries[0].target(), "/v1/health/service/api?tag=a%26b&dc=dc%202&stale");
  EXPECT_EQ(queries[1].target(), queries[0].target() + "&index=10&wait=60000ms");
  EXPECT_EQ(queries[1]["X-Consul-Token"], "tt-oo-kk");
}

TEST_F(ConsulProtocolTest, AnIndexThatGoesBackwardsIsFollowedByAQueryFromTheStartWithinASecond) {
  answer_with_indexes({10, 5});
  const e2e::Stopwatch stopwatch;
  watch();
  const auto queries = await_asked(kHealth, 3);
  EXPECT_LT(stopwatch.elapsed(), milliseconds(1000));
  RecordProperty("asked_anew_after_ms", static_cast<int>(stopwatch.elapsed().count()));
  EXPECT_THAT(queries[1].target(), HasSubstr("index=10"));
  EXPECT_THAT(queries[2].target(), Not(HasSubstr("index=")));
}

TEST_F(ConsulProtocolTest, AnIndexOfZeroDoesNotSpin) {
  answer_with_indexes({0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  watch();
  run_for(milliseconds(3200));
  const auto queries = asked(kHealth);
  EXPECT_LE(queries.size(), 3u);
  EXPECT_GE(queries.size(), 2u);
}

/// 1,000 instances are some 80 KiB.
TEST_F(ConsulProtocolTest, ALongAnswerIsReadBesideTheLoopAndTold) {
  answer([](Exchange& exchange, std::size_t n) { exchange.ok(many(1000), index_field(10 + n)); });
  watch();
  EXPECT_TRUE(run_until([&] { return sink.size() == 1000; }));
  EXPECT_TRUE(sink.holds("10.0.0.1:1000"));
  await_asked(kHealth, 2);
}

TEST_F(ConsulProtocolTest, ALongAnswerThatMakesNoSenseIsAFailure) {
  answer([](Exchange& exchange, std::size_t) { exchange.ok(many(1000) + "]", index_field(10)); });
  watch();
  EXPECT_TRUE(run_until([&] { return !sink.failures.empty(); }));
  EXPECT_THAT(sink.failures.front(), HasSubstr("no JSON"));
  EXPECT_THAT(sink.lists, IsEmpty());
}

TEST_F(ConsulProtocolTest, MayEndWhileALongAnswerIsRead) {
  answer([](Exchange& exchange, std::size_t) { exchange.ok(many(10'000), index_field(10)); });
  watch();
  await_asked(kHealth, 1);
  run_for(milliseconds(5));
  watching.reset();
  registry.reset();
  run_for(milliseconds(50));
}

TEST_F(ConsulProtocolTest, AReturnWithoutAChangeIsNotTold) {
  answer_with_indexes({10, 11, 12});
  watch();
  await_asked(kHealth, 4);
  EXPECT_EQ(sink.lists.size(), 1u);
}

TEST_F(ConsulProtocolTest, ChangesWithoutEndAreAskedForAtThePaceAndNotFaster) {
  answer([](Exchange& exchange, std::size_t n) {
    exchange.ok("[" + entry(static_cast<int>(1 + n)) + "]", index_field(n + 1));
  });
  watch();
  run_for(milliseconds(500));
  EXPECT_LE(asked(kHealth).size(), 6u) << "more than once in 100 ms";
  run_for(milliseconds(2500));
  EXPECT_LE(asked(kHealth).size(), 12u) << "more than 10 times in 15 s on average";
}

TEST_F(ConsulProtocolTest, AnAnswerThatMakesNoSenseIsAFailureAndNoList) {
  for (const char* body : {"", "{}", "null", "[", "[1]", "[{}]", R"([{"Service":{"Port":"x"}}])",
                           R"([{"Service":{"Address":"a b","Port":1}}])", "[\"\xff\"]", "<html>"}) {
    answer([body](Exchange& exchange, std::size_t) { exchange.ok(body, index_field(1)); });
    sink = {};
    watch();
    EXPECT_TRUE(run_until([&] { return !sink.failures.empty(); })) << body;
    EXPECT_THAT(sink.lists, IsEmpty()) << body;
  }
}

TEST_F(ConsulProtocolTest, AnAnswerWithoutAnIndexIsAFailure) {
  answer([](Exchange& exchange, std::size_t) { exchange.ok("[]"); });
  watch();
  EXPECT_TRUE(run_until([&] { return !sink.failures.empty(); }));
  EXPECT_THAT(sink.failures[0], HasSubstr("X-Consul-Index"));
  EXPECT_THAT(sink.lists, IsEmpty());
}

TEST_F(ConsulProtocolTest, ATruncatedAnswerIsAskedForAgainAndNeverTold) {
  answer([](Exchange& exchange, std::size_t n) {
    if (n > 0) return exchange.ok("[" + entry(82) + "]", index_field(9));
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 900\r\nX-Consul-Index: 7\r\n\r\n[" + entry(81));
    exchange.close();
  });
  watch();
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:82"}));
  EXPECT_EQ(sink.lists.size(), 1u);
  EXPECT_THAT(asked(kHealth)[1].target(), Not(HasSubstr("index="))) << "the index of an answer that did not come";
}

TEST_F(ConsulProtocolTest, WithoutALeaderAllWaitForOneAndAskAtOnceWhenThereIs) {
  auto leader = std::make_shared<std::atomic<bool>>(false);
  server.on_request([leader](Exchange& exchange) {
    const bool is_health = exchange.request().target().starts_with(kHealth);
    if (!is_health) {
      exchange.ok(*leader ? kLeader : "\"\"");
    } else if (*leader) {
      exchange.ok("[" + entry(81) + "]", index_field(3));
    } else {
      exchange.reply("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 17\r\n\r\nNo cluster leader");
    }
  });
  config.stale = false;
  watch();
  ASSERT_TRUE(run_until([&] { return !sink.failures.empty(); }));
  EXPECT_THAT(sink.failures, Contains(HasSubstr("No cluster leader")));
  run_for(milliseconds(2500));
  EXPECT_LE(asked(kHealth).size(), 3u) << "the service is asked for although the servers can't answer";
  EXPECT_THAT(sink.lists, IsEmpty());
  *leader = true;
  const e2e::Stopwatch since;
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  EXPECT_LT(since.elapsed(), milliseconds(1000));
}

TEST_F(ConsulProtocolTest, ErrorsWithoutEndOfAServerThatIsWellAreAskedForAtThePace) {
  answer([](Exchange& exchange, std::size_t) {
    exchange.reply("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 3\r\n\r\nbug");
  });
  watch();
  run_for(milliseconds(3000));
  EXPECT_LE(asked(kHealth).size(), 12u);
  EXPECT_GE(sink.failures.size(), 2u);
  EXPECT_THAT(registry->status().last_error, HasSubstr("500: bug"));
}

TEST_F(ConsulProtocolTest, AnErrorsTextForgesNoLinesOfTheLog) {
  answer([](Exchange& exchange, std::size_t) {
    exchange.reply("HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\na\nb\x1b[31mc");
  });
  watch();
  ASSERT_TRUE(run_until([&] { return !sink.failures.empty(); }));
  EXPECT_EQ(sink.failures[0], "status 403: a b [31mc");
  ASSERT_EQ(logged.size(), 1u);
  EXPECT_THAT(logged[0], HasSubstr("a b [31mc"));
}

TEST_F(ConsulProtocolTest, ServersWithoutALeaderAreNotedWhenTheirListIsTaken) {
  answer([](Exchange& exchange, std::size_t n) {
    if (n > 0) return exchange.await_close();
    exchange.ok("[" + entry(81) + "]", index_field(3) + "X-Consul-KnownLeader: false\r\n");
  });
  watch();
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  EXPECT_THAT(registry->status().last_error, HasSubstr("no leader"));
}

TEST_F(ConsulProtocolTest, AServerWithoutALeaderThatTellsOfNothingIsNotBelieved) {
  answer([](Exchange& exchange, std::size_t n) {
    if (n == 0) return exchange.ok("[]", index_field(1) + "X-Consul-KnownLeader: false\r\n");
    if (n > 1) return exchange.await_close();
    exchange.ok("[" + entry(81) + "]", index_field(3) + "X-Consul-KnownLeader: true\r\n");
  });
  watch();
  ASSERT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  EXPECT_EQ(sink.lists.size(), 1u);
}

TEST_F(ConsulProtocolTest, EveryServerIsTriedBeforeAnOutageIsTold) {
  const e2e::RefusedPort one, two;
  config.urls = {"http://" + one.address(), "http://" + two.address(), url()};
  answer_with_indexes({10});
  watch();
  EXPECT_TRUE(await_list(sink, {"10.0.0.1:81"}));
  EXPECT_THAT(sink.failures, IsEmpty());
  EXPECT_EQ(registry->status().server, url());
}

TEST_F(ConsulProtocolTest, AWatchMayEndWhenItIsTold) {
  what.service = "api";
  registry = make_consul(parts(), config);
  EndingServices ending;
  answer_with_indexes({10});
  ending.watch = registry->watch_service(what, ending);
  EXPECT_TRUE(run_until([&] { return ending.told == 1; }));
  answer([](Exchange& exchange, std::size_t) { exchange.ok("nonsense", index_field(1)); });
  ending.watch = registry->watch_service(what, ending);
  EXPECT_TRUE(run_until([&] { return ending.told == 2; }));
  run_for(milliseconds(50));
  EXPECT_EQ(ending.told, 2);
}

TEST_F(ConsulProtocolTest, AllWatchesOfADeadRegistryMayEndWhenTheFirstIsTold) {
  const e2e::RefusedPort dead;
  config.urls = {"http://" + dead.address()};
  registry = make_consul(parts(), config);
  what.service = "api";
  struct Both final : ServiceSink {
    std::unique_ptr<Watch> one, two;
    int told = 0;
    void listed(ServiceList) override {}
    void failed(const std::string&) override { ++told, one.reset(), two.reset(); }
  } both;
  both.one = registry->watch_service(what, both);
  both.two = registry->watch_service(what, both);
  EXPECT_TRUE(run_until([&] { return both.told > 0; }));
  run_for(milliseconds(50));
  EXPECT_EQ(both.told, 1);
}

TEST_F(ConsulProtocolTest, AValueThatIsNoBase64IsAFailure) {
  script("/v1/kv/", kLeader,
         [](Exchange& exchange, std::size_t) { exchange.ok(R"([{"Value":"!!","ModifyIndex":5}])", index_field(5)); });
  registry = make_consul(parts(), config);
  watching = registry->watch_value("a b/c", values);
  EXPECT_TRUE(run_until([&] { return !values.failures.empty(); }));
  EXPECT_THAT(values.values, IsEmpty());
  EXPECT_THAT(asked("/v1/kv/")[0].target(), HasSubstr("/v1/kv/a%20b/c"));
}

}  // namespace
}  // namespace penstock::discovery
