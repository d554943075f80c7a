// DNS as a registry, against a server whose answers are made by hand.
#include "discovery/dns/dns.h"

#include <atomic>
#include <map>
#include <memory>

#include "tests/discovery/ending_services.h"
#include "tests/discovery/registry_fixture.h"
#include "tests/support/dns_server.h"

namespace penstock::discovery {
namespace {

using e2e::dns_a;
using e2e::dns_aaaa;
using e2e::dns_cname;
using e2e::dns_soa;
using e2e::dns_srv;
using e2e::DnsQuestion;
using e2e::DnsReply;
using e2e::DnsServer;
using e2e::kDnsA;
using e2e::kDnsAaaa;
using e2e::kDnsSrv;
using testing::ElementsAre;
using testing::HasSubstr;

class DnsRegistryTest : public RegistryTest {
 protected:
  DnsServer server;
  conf::Dns config{.servers = {server.address()}, .timeout = milliseconds(100)};
  std::unique_ptr<Registry> registry;
  RecordingServices heard;
  std::unique_ptr<Watch> watch;

  void begin(const std::string& service = "orders.test") {
    registry = make_dns(parts(), config);
    conf::Discover what;
    what.service = service;
    if (!service.starts_with('_')) what.port = 80;
    watch = registry->watch_service(what, heard);
    EXPECT_TRUE(heard.lists.empty() && heard.failures.empty()) << "told from within watch_service()";
  }
  bool heard_failure() {
    return run_until([&] { return !heard.failures.empty(); });
  }
  bool heard_lists(std::size_t count) {
    return run_until([&] { return heard.lists.size() >= count; });
  }

  /// Answers each type of question with its own reply; with none, that there are no such records.
  void answer(std::map<int, DnsReply> replies) {
    server.on_question([replies](const DnsQuestion& question) {
      const auto found = replies.find(question.type);
      return (found == replies.end() ? DnsReply{} : found->second).bytes(question);
    });
  }
  /// The same by name, where types don't matter: each record only where it was asked for.
  void answer_names(std::map<std::pair<std::string, int>, DnsReply> replies) {
    server.on_question([replies](const DnsQuestion& question) {
      const auto found = replies.find({question.name, question.type});
      return (found == replies.end() ? DnsReply{} : found->second).bytes(question);
    });
  }
};

TEST_F(DnsRegistryTest, AddressesOfBothFamiliesAreOneService) {
  answer({{kDnsA, {.answers = {dns_a("orders.test", "10.0.0.2", 60), dns_a("orders.test", "10.0.0.1", 60)}}},
          {kDnsAaaa, {.answers = {dns_aaaa("orders.test", "2001:db8::1", 60)}}}});
  begin();
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80", "10.0.0.2:80", "2001:db8::1:80"}));
  EXPECT_TRUE(registry->status().connected);
  EXPECT_EQ(registry->status().server, server.address());
}

TEST_F(DnsRegistryTest, AnotherOrderIsTheSameList) {
  config.min_ttl = config.max_ttl = milliseconds(100);
  server.on_question([turn = std::make_shared<std::atomic<int>>()](const DnsQuestion& q) {
    if (q.type != kDnsA) return DnsReply{}.bytes(q);
    DnsReply reply{.answers = {dns_a(q.name, "10.0.0.1", 0), dns_a(q.name, "10.0.0.2", 0)}};
    if (++*turn % 2 == 0) std::swap(reply.answers[0], reply.answers[1]);
    return reply.bytes(q);
  });
  begin();
  ASSERT_TRUE(heard_lists(3));
  EXPECT_EQ(heard.lists[0], heard.lists[1]);
  EXPECT_EQ(heard.lists[1], heard.lists[2]);
}

TEST_F(DnsRegistryTest, AliasesAreFollowed) {
  answer({{kDnsA, {.answers = {dns_cname("orders.test", "lb.Test", 60), dns_a("LB.test", "10.0.0.1", 60)}}}});
  begin("Orders.Test.");
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}));
}

TEST_F(DnsRegistryTest, TheTtlSaysWhenToAskAgain) {
  answer({{kDnsA, {.answers = {dns_a("orders.test", "10.0.0.1", 3600)}}}});
  config.max_ttl = milliseconds(500);
  begin();
  ASSERT_TRUE(heard_lists(1));
  const e2e::Stopwatch watch_time;
  ASSERT_TRUE(heard_lists(2));
  EXPECT_GE(watch_time.elapsed(), milliseconds(395));
}

TEST_F(DnsRegistryTest, ANameThatIsGoneIsAnEmptyList) {
  server.reply({.authority = {dns_soa("test", 60, 60)}, .rcode = e2e::kNxdomain});
  begin();
  ASSERT_TRUE(heard_lists(1));
  EXPECT_TRUE(heard.lists[0].empty());
  EXPECT_TRUE(heard.failures.empty());
}

TEST_F(DnsRegistryTest, ANameWithoutAddressesIsAnEmptyList) {
  begin();
  ASSERT_TRUE(heard_lists(1));
  EXPECT_TRUE(heard.lists[0].empty());
}

class DnsFailureTest : public DnsRegistryTest, public testing::WithParamInterface<const char*> {
 protected:
  void misbehave() {
    const std::string how = GetParam();
    if (how == "servfail") server.reply({.rcode = e2e::kServfail});
    if (how == "refused") server.reply({.rcode = e2e::kRefused});
    if (how == "silence") server.silence();
    if (how == "no server") server.stop();
    if (how == "cut short") {
      server.on_question([](const DnsQuestion& q) {
        const DnsReply reply{.answers = {dns_a(q.name, "10.0.0.9", 60)}};
        const std::string bytes = reply.bytes(q);
        return bytes.substr(0, bytes.size() - 3);
      });
    }
    if (how == "garbage") {
      server.on_question([](const DnsQuestion& q) { return q.head.substr(0, 2) + std::string(100, '\xff'); });
    }
  }
};

TEST_P(DnsFailureTest, IsToldAsSuchAndIsOverAtOnceWhenTheServerIsBack) {
  misbehave();
  begin();
  ASSERT_TRUE(heard_failure());
  EXPECT_TRUE(heard.lists.empty());
  EXPECT_FALSE(registry->status().connected);
  EXPECT_NE(registry->status().last_error, "");
  if (GetParam() == std::string("no server")) server.start();
  answer({{kDnsA, {.answers = {dns_a("orders.test", "10.0.0.1", 60)}}}});
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}, milliseconds(1'500)));
  EXPECT_TRUE(registry->status().connected);
}

INSTANTIATE_TEST_SUITE_P(All, DnsFailureTest,
                         testing::Values("servfail", "refused", "silence", "no server", "cut short", "garbage"));

TEST_F(DnsRegistryTest, ReadingAgainDoesNotWaitForASilentServer) {
  config.timeout = milliseconds(30'000);
  server.silence();
  begin();
  ASSERT_TRUE(run_until([&] { return server.asked(kDnsA) == 1; }));
  watch->read_again();
  answer({{kDnsA, {.answers = {dns_a("orders.test", "10.0.0.1", 60)}}}});
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}));
}

TEST_F(DnsRegistryTest, AServerThatIsBackIsNoticedBeforeAnythingHasTimedOut) {
  config.timeout = milliseconds(30'000);
  server.silence();
  begin();
  ASSERT_TRUE(run_until([&] { return server.asked(kDnsA) == 1; }));
  answer({{kDnsA, {.answers = {dns_a("orders.test", "10.0.0.1", 60)}}}});
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}, milliseconds(2'000)));
  EXPECT_TRUE(heard.failures.empty());
}

TEST_F(DnsRegistryTest, TheNextServerIsAskedWhenOneFails) {
  DnsServer other;
  other.on_question([](const DnsQuestion& q) {
    return (q.type == kDnsA ? DnsReply{.answers = {dns_a(q.name, "10.0.0.7", 60)}} : DnsReply{}).bytes(q);
  });
  config.servers.push_back(other.address());
  server.stop();
  begin();
  EXPECT_TRUE(await_list(heard, {"10.0.0.7:80"}));
  EXPECT_TRUE(heard.failures.empty());
}

TEST_F(DnsRegistryTest, AServerThatNeverAnswersAaaaHoldsNothingUp) {
  answer({{kDnsA, {.answers = {dns_a("orders.test", "10.0.0.1", 60)}}}, {kDnsAaaa, {.rcode = e2e::kServfail}}});
  begin();
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  EXPECT_TRUE(heard.failures.empty());
}

TEST_F(DnsRegistryTest, HalfOfAnAnswerDoesNotTakeTheOtherHalfAway) {
  const DnsReply a{.answers = {dns_a("orders.test", "10.0.0.1", 60)}};
  answer({{kDnsA, a}, {kDnsAaaa, {.answers = {dns_aaaa("orders.test", "::2", 60)}}}});
  begin();
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80", "::2:80"}));
  answer({{kDnsA, a}, {kDnsAaaa, {.rcode = e2e::kServfail}}});
  watch->read_again();
  ASSERT_TRUE(heard_failure());
  EXPECT_THAT(heard.failures[0], HasSubstr("orders.test: AAAA"));
  EXPECT_EQ(heard.lists.size(), 1u);
}

TEST_F(DnsRegistryTest, AnAnswerThatIsCutShortIsAskedForAgainOverTcp) {
  server.on_question([](const DnsQuestion& q) {
    if (q.type != kDnsA) return DnsReply{}.bytes(q);
    if (!q.tcp) return DnsReply{.truncated = true}.bytes(q);
    DnsReply all;
    for (int i = 0; i < 2'000; ++i)
      all.answers.push_back(dns_a(q.name, "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250), 60));
    return all.bytes(q);
  });
  begin();
  ASSERT_TRUE(heard_lists(1));
  EXPECT_EQ(heard.lists[0].size(), 2'000u);
}

TEST_F(DnsRegistryTest, SrvRecordsTellPortWeightAndPriority) {
  const DnsReply srv{.answers = {dns_srv("_http._tcp.x.test", 10, 5, 8080, "a.test", 60),
                                 dns_srv("_http._tcp.x.test", 20, 0, 8081, "b.test", 60)}};
  answer_names({{{"_http._tcp.x.test", kDnsSrv}, srv},
                {{"a.test", kDnsA}, {.answers = {dns_a("a.test", "10.0.0.1", 60)}}},
                {{"b.test", kDnsAaaa}, {.answers = {dns_aaaa("b.test", "::2", 60)}}}});
  begin("_http._tcp.x.test");
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:8080", "::2:8081"}));
  EXPECT_THAT(heard.lists[0],
              ElementsAre(Instance{"10.0.0.1", 8080, 5, "", 0, {}}, Instance{"::2", 8081, 1, "", 1, {}}));
}

TEST_F(DnsRegistryTest, AddressesSentAlongSpareQuestions) {
  server.reply({.answers = {dns_srv("_a._tcp.x", 1, 1, 80, "a.test", 60)},
                .additional = {dns_a("a.test", "10.0.0.1", 60), dns_a("other.test", "10.6.6.6", 60)}});
  begin("_a._tcp.x");
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  EXPECT_EQ(server.asked(kDnsA), 0u);
}

TEST_F(DnsRegistryTest, ManyTargetsAreResolvedAFewAtATime) {
  server.on_question([](const DnsQuestion& q) {
    DnsReply reply;
    if (q.type == kDnsSrv && !q.tcp) reply.truncated = true;
    for (int i = 0; i < 300 && q.type == kDnsSrv && q.tcp; ++i)
      reply.answers.push_back(dns_srv(q.name, 1, 1, 1000 + i, "t" + std::to_string(i), 60));
    if (q.type == kDnsA) reply.answers = {dns_a(q.name, "10.0.0.1", 60)};
    return reply.bytes(q);
  });
  begin("_a._tcp.x");
  ASSERT_TRUE(heard_lists(1));
  EXPECT_EQ(heard.lists[0].size(), 300u);
}

TEST_F(DnsRegistryTest, ATargetThatCannotBeResolvedKeepsItsAddresses) {
  const DnsReply srv{
      .answers = {dns_srv("_a._tcp.x", 1, 1, 80, "a.test", 60), dns_srv("_a._tcp.x", 1, 1, 80, "b.test", 60)}};
  const DnsReply a{.answers = {dns_a("a.test", "10.0.0.1", 60)}}, b{.answers = {dns_a("b.test", "10.0.0.2", 60)}};
  const DnsReply ill{.rcode = e2e::kServfail};
  answer_names({{{"_a._tcp.x", kDnsSrv}, srv}, {{"a.test", kDnsA}, a}, {{"b.test", kDnsA}, b}});
  begin("_a._tcp.x");
  ASSERT_TRUE(await_list(heard, {"10.0.0.1:80", "10.0.0.2:80"}));
  answer_names({{{"_a._tcp.x", kDnsSrv}, srv}, {{"a.test", kDnsA}, a}, {{"b.test", kDnsA}, ill}});
  watch->read_again();
  ASSERT_TRUE(heard_lists(2));
  EXPECT_EQ(heard.lists[1], heard.lists[0]);
  EXPECT_THAT(logged, ElementsAre(HasSubstr("b.test: A: ")));
}

TEST_F(DnsRegistryTest, ATargetThatWasNeverResolvedIsLeftOut) {
  const DnsReply srv{
      .answers = {dns_srv("_a._tcp.x", 1, 1, 80, "a.test", 60), dns_srv("_a._tcp.x", 1, 1, 80, "b.test", 60)}};
  const DnsReply ill{.rcode = e2e::kServfail};
  answer_names({{{"_a._tcp.x", kDnsSrv}, srv},
                {{"a.test", kDnsA}, {.answers = {dns_a("a.test", "10.0.0.1", 60)}}},
                {{"b.test", kDnsA}, ill},
                {{"b.test", kDnsAaaa}, ill}});
  begin("_a._tcp.x");
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}));
}

TEST_F(DnsRegistryTest, WithoutAnyTargetResolvedNothingIsKnown) {
  server.on_question([](const DnsQuestion& q) {
    const DnsReply srv{.answers = {dns_srv(q.name, 1, 1, 80, "a.test", 60)}};
    return (q.type == kDnsSrv ? srv : DnsReply{.rcode = e2e::kServfail}).bytes(q);
  });
  begin("_a._tcp.x");
  ASSERT_TRUE(heard_failure());
  EXPECT_TRUE(heard.lists.empty());
}

TEST_F(DnsRegistryTest, ADeadServerIsNotAskedMoreOftenThanTheBound) {
  server.reply({.rcode = e2e::kServfail});
  begin();
  const e2e::Stopwatch time;
  run_for(milliseconds(4'000));
  const auto rounds = registry->status().requests;
  EXPECT_LE(rounds, 10u + static_cast<std::uint64_t>(time.elapsed().count()) / 1'500 + 1);
  EXPECT_GE(rounds, 4u);
}

TEST_F(DnsRegistryTest, ReadingAgainWithoutEndIsBounded) {
  answer({{kDnsA, {.answers = {dns_a("orders.test", "10.0.0.1", 60)}}}});
  begin();
  const e2e::Stopwatch time;
  run_until(
      [&] {
        watch->read_again();
        return false;
      },
      milliseconds(2'000));
  EXPECT_LE(registry->status().requests, 10u + static_cast<std::uint64_t>(time.elapsed().count()) / 1'500 + 1);
}

TEST_F(DnsRegistryTest, SeveralServicesAreWatchedAtOnce) {
  server.on_question([](const DnsQuestion& q) {
    const std::string address = q.name == "a.test" ? "10.0.0.1" : "10.0.0.2";
    return (q.type == kDnsA ? DnsReply{.answers = {dns_a(q.name, address, 60)}} : DnsReply{}).bytes(q);
  });
  begin("a.test");
  RecordingServices other;
  conf::Discover what;
  what.service = "b.test";
  what.port = 81;
  const auto second = registry->watch_service(what, other);
  EXPECT_TRUE(await_list(heard, {"10.0.0.1:80"}));
  EXPECT_TRUE(await_list(other, {"10.0.0.2:81"}));
}

TEST_F(DnsRegistryTest, CanBeDestroyedWhileAQuestionIsUnderWay) {
  server.silence();
  begin();
  ASSERT_TRUE(run_until([&] { return !server.questions().empty(); }));
  watch.reset();
  server.reply({});
  run_for(milliseconds(50));
  registry.reset();
  run_for(milliseconds(50));
  EXPECT_TRUE(heard.lists.empty());
}

TEST_F(DnsRegistryTest, CanBeDestroyedByWhoHearsOfIt) {
  for (const bool fails : {false, true}) {
    server.reply({.rcode = fails ? e2e::kServfail : 0});
    EndingServices ending;
    ending.registry = make_dns(parts(), config);
    conf::Discover what;
    what.service = fails ? "_a._tcp.x" : "a.test";
    ending.watch = ending.registry->watch_service(what, ending);
    ASSERT_TRUE(run_until([&] { return ending.told > 0; }));
    run_for(milliseconds(50));
    EXPECT_EQ(ending.told, 1);
  }
}

TEST_F(DnsRegistryTest, HoldsNeitherValuesNorAnnouncements) {
  begin();
  RecordingValues values;
  EXPECT_EQ(registry->watch_value("k", values), nullptr);
  EXPECT_EQ(registry->announce({}), nullptr);
}

}  // namespace
}  // namespace penstock::discovery
