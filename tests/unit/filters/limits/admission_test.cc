// Requests on their way through the limits of a configuration.
#include "gateway/filters/limits/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::filters {
namespace {

using conf::LimitKind;
using ::testing::HasSubstr;

class AdmissionTest : public ::testing::Test {
 protected:
  conf::Config config;
  std::unique_ptr<LimitTable> table;
  http::RequestHead head;
  IpAddress client = IpAddress::parse("192.0.2.1").value();
  Nanos now = 1'000 * kNanosPerSecond;

  AdmissionTest() {
    config.upstreams.resize(1);
    config.upstreams[0].name = "app";
    route("all");
  }
  void route(const std::string& id, conf::Priority priority = conf::Priority::normal) {
    conf::Route& made = config.routes.emplace_back();
    made.id = id;
    made.upstream = 0;
    made.priority = priority;
  }
  conf::Limit& limit(LimitKind kind, const std::string& name) {
    conf::Limit& made = config.routes[0].limits.emplace_back();
    made.kind = kind;
    made.name = name;
    return made;
  }
  conf::Limit& token_bucket(std::uint32_t per_second, std::uint32_t burst) {
    conf::Limit& made = limit(LimitKind::token_bucket, "token_bucket");
    made.rate = {per_second, conf::milliseconds(1000)};
    made.burst = burst;
    return made;
  }
  LimitTable& limits() {
    if (!table) table = std::make_unique<LimitTable>(config, 1, SipKey{1, 2});
    return *table;
  }
  Ruling ask(Admission& admission, std::uint32_t route = 0) {
    admission.begin(limits().gates(route), config.routes[route].priority);
    return go_on(admission);
  }
  Ruling go_on(Admission& admission) {
    return admission.go_on({.now = now, .unix_ms = now / kNanosPerMilli, .head = head, .client = client});
  }
  void end(Admission& admission, bool gave_up = false) {
    admission.end({.now = now, .took = kNanosPerMilli, .gave_up = gave_up, .counts = true});
  }
  Decision ask_once(std::uint32_t route = 0) {
    Admission admission;
    const Decision decision = ask(admission, route).decision;
    end(admission);
    return decision;
  }
  int passes(int requests) {
    int passed = 0;
    for (int i = 0; i < requests; ++i) passed += ask_once() == Decision::pass;
    return passed;
  }
};

TEST_F(AdmissionTest, WithoutLimitsEverythingPasses) {
  EXPECT_TRUE(limits().gates(0).empty());
  EXPECT_EQ(ask_once(), Decision::pass);
}

TEST_F(AdmissionTest, ABucketLetsItsBurstPassAndSaysWhenToComeBack) {
  token_bucket(10, 3);
  EXPECT_EQ(passes(5), 3);
  Admission admission;
  const Ruling refused = ask(admission);
  EXPECT_EQ(refused.decision, Decision::refuse);
  EXPECT_NEAR(static_cast<double>(refused.retry_after), 1e8, 1e6);
  now += kNanosPerSecond / 10;
  EXPECT_EQ(passes(2), 1);
}

TEST_F(AdmissionTest, EachKeyHasACountOfItsOwn) {
  token_bucket(1, 1).key = {{conf::RequestKey::From::client_ip, ""}};
  EXPECT_EQ(passes(2), 1);
  client = IpAddress::parse("192.0.2.2").value();
  EXPECT_EQ(passes(2), 1);
}

TEST_F(AdmissionTest, WhoLeavesTheKeyOutCountsByAddress) {
  token_bucket(1, 1).key = {{conf::RequestKey::From::header, "x-api-key"}};
  EXPECT_EQ(passes(3), 1);
  head.fields.push_back({"X-Api-Key", "a"});
  EXPECT_EQ(passes(3), 1);
  head.fields[0].value = "b";
  EXPECT_EQ(passes(3), 1);
}

TEST_F(AdmissionTest, AKeyOfTwoPartsTellsBothApart) {
  token_bucket(1, 1).key = {{conf::RequestKey::From::client_ip, ""}, {conf::RequestKey::From::path, ""}};
  head.path = "/a";
  EXPECT_EQ(passes(2), 1);
  head.path = "/b";
  EXPECT_EQ(passes(2), 1);
  client = IpAddress::parse("192.0.2.2").value();
  EXPECT_EQ(passes(2), 1);
}

TEST_F(AdmissionTest, WhatIsNotEnforcedCountsOnly) {
  token_bucket(1, 1).enforce = false;
  EXPECT_EQ(passes(5), 5);
  EXPECT_EQ(limits().all()[0]->counts().refused, 4u);
  Admission admission;
  ask(admission);
  EXPECT_FALSE(admission.tells());
}

TEST_F(AdmissionTest, FieldsTellOfEveryRate) {
  token_bucket(10, 20);
  conf::Limit& window = limit(LimitKind::fixed_window, "quota");
  window.limit = 5;
  window.window = conf::milliseconds(60'000);
  Admission admission;
  ask(admission);
  EXPECT_EQ(admission.rate_limit_policy(), "\"token_bucket\";q=20;w=2, \"quota\";q=5;w=60");
  EXPECT_THAT(admission.rate_limit(), HasSubstr("\"token_bucket\";r=19;t="));
  EXPECT_THAT(admission.rate_limit(), HasSubstr("\"quota\";r=4;t="));
  EXPECT_EQ(admission.tightest().quota, 5u);
  EXPECT_EQ(admission.tightest().remaining, 4u);
}

TEST_F(AdmissionTest, ALeakyBucketMakesRequestsWaitTheirTurn) {
  conf::Limit& bucket = limit(LimitKind::leaky_bucket, "leaky_bucket");
  bucket.rate = {10, conf::milliseconds(1000)};
  bucket.queue = 2;
  EXPECT_EQ(ask_once(), Decision::pass);
  Admission first, second;
  EXPECT_NEAR(static_cast<double>(ask(first).wait), 1e8, 1e6);
  EXPECT_NEAR(static_cast<double>(ask(second).wait), 2e8, 1e6);
  EXPECT_EQ(ask_once(), Decision::refuse);
  end(second, true);
  EXPECT_EQ(ask_once(), Decision::wait);
  EXPECT_EQ(go_on(first).decision, Decision::pass);
}

TEST_F(AdmissionTest, PlacesAreGivenBack) {
  limit(LimitKind::concurrency, "concurrency").limit = 2;
  Admission first, second;
  EXPECT_EQ(ask(first).decision, Decision::pass);
  EXPECT_EQ(ask(second).decision, Decision::pass);
  EXPECT_EQ(ask_once(), Decision::refuse);
  end(first);
  EXPECT_EQ(ask_once(), Decision::pass);
  end(second);
  EXPECT_EQ(limits().all()[0]->levels(now, 0).in_flight, 0u);
}

TEST_F(AdmissionTest, PlacesByKeyAreGivenBackToo) {
  conf::Limit& each = limit(LimitKind::concurrency, "concurrency");
  each.limit = 1;
  each.key = {{conf::RequestKey::From::client_ip, ""}};
  Admission first;
  EXPECT_EQ(ask(first).decision, Decision::pass);
  EXPECT_EQ(ask_once(), Decision::refuse);
  EXPECT_EQ(limits().all()[0]->levels(now, 0).busy_keys, 1u);
  end(first);
  EXPECT_EQ(ask_once(), Decision::pass);
  EXPECT_TRUE(limits().all()[0]->is_clients_fault());
}

TEST_F(AdmissionTest, WhatALaterLimitRefusesHoldsNoPlace) {
  limit(LimitKind::concurrency, "concurrency").limit = 10;
  token_bucket(1, 1);
  EXPECT_EQ(passes(5), 1);
  EXPECT_EQ(limits().all()[0]->levels(now, 0).in_flight, 0u);
}

TEST_F(AdmissionTest, AnUpstreamsLimitHoldsForAllOfItsRoutes) {
  route("other");
  config.upstreams[0].limits.push_back({});
  config.upstreams[0].limits[0].kind = LimitKind::concurrency;
  config.upstreams[0].limits[0].limit = 1;
  Admission first;
  EXPECT_EQ(ask(first, 0).decision, Decision::pass);
  EXPECT_EQ(ask_once(1), Decision::refuse);
  EXPECT_FALSE(limits().all()[0]->is_clients_fault());
  end(first);
}

TEST_F(AdmissionTest, LowerClassesLeavePlacesForHigherOnes) {
  route("vital", conf::Priority::critical);
  route("crawlers", conf::Priority::background);
  config.upstreams[0].limits.push_back({});
  config.upstreams[0].limits[0].kind = LimitKind::concurrency;
  config.upstreams[0].limits[0].limit = 100;
  std::vector<Admission> requests(100);
  const auto let_in = [&](std::uint32_t route, std::size_t from) {
    std::size_t count = from;
    while (count < requests.size() && ask(requests[count], route).decision == Decision::pass) ++count;
    return count;
  };
  const std::size_t background = let_in(2, 0);
  const std::size_t normal = let_in(0, background);
  EXPECT_EQ(background, 70u);
  EXPECT_EQ(normal, 85u);
  EXPECT_EQ(let_in(1, normal), 100u);
  for (Admission& request : requests) end(request);
}

TEST_F(AdmissionTest, ARequestMayBeOfAnotherClassThanItsRoute) {
  config.priority_header = "x-priority";
  limit(LimitKind::concurrency, "concurrency").limit = 10;
  const auto lets_in = [&](conf::Priority priority, std::vector<Admission>& requests) {
    std::ptrdiff_t count = 0;
    for (Admission& request : requests) {
      request.begin(limits().gates(0), priority);
      count += go_on(request).decision == Decision::pass;
    }
    for (Admission& request : requests) end(request);
    return count;
  };
  std::vector<Admission> requests(20);
  EXPECT_EQ(lets_in(conf::Priority::background, requests), 10) << "nobody is above it yet";
  EXPECT_EQ(lets_in(conf::Priority::critical, requests), 10);
  EXPECT_EQ(lets_in(conf::Priority::background, requests), 9);
}

TEST_F(AdmissionTest, AFallbackIsAskedForItsUpstreamsLimitsAndKeepsWhatWasTold) {
  conf::Upstream& other = config.upstreams.emplace_back();
  other.limits.emplace_back().kind = LimitKind::token_bucket;
  other.limits[0].name = "others";
  other.limits[0].rate = {1, conf::milliseconds(1000)};
  config.routes[0].fallback.emplace().upstream = 1;
  token_bucket(1, 1);
  EXPECT_EQ(passes(1), 1);
  Admission admission;
  EXPECT_EQ(ask(admission).decision, Decision::refuse);
  end(admission);
  admission.go_elsewhere(limits().fallback_gates(0));
  EXPECT_EQ(go_on(admission).decision, Decision::pass);
  EXPECT_THAT(admission.rate_limit(), HasSubstr("\"token_bucket\";r=0"));
  EXPECT_THAT(admission.rate_limit(), HasSubstr("\"others\";r=0"));
}

TEST_F(AdmissionTest, OneClassAloneLeavesNothing) {
  config.upstreams[0].limits.push_back({});
  config.upstreams[0].limits[0].kind = LimitKind::concurrency;
  config.upstreams[0].limits[0].limit = 1;
  EXPECT_EQ(limits().gates(0)[0].classes->reserve_share(conf::Priority::normal, now), 0u);
  EXPECT_EQ(ask_once(), Decision::pass);
}

TEST_F(AdmissionTest, AnAdaptiveLimitHearsHowLongRequestsTake) {
  config.upstreams[0].limits.push_back({});
  config.upstreams[0].limits[0].kind = LimitKind::adaptive;
  ASSERT_TRUE(limits().wants_ticks());
  for (int tick = 0; tick < 100; ++tick) {
    std::vector<Admission> requests(20);
    for (Admission& request : requests) ask(request);
    for (Admission& request : requests) end(request);
    now += kNanosPerSecond / 10;
    limits().tick(now);
  }
  EXPECT_NEAR(limits().all()[0]->levels(now, 0).p99_s, 0.001, 0.00002);
  EXPECT_NEAR(limits().all()[0]->levels(now, 0).baseline_s, 0.001, 0.00002);
}

TEST(RetrySeconds, AreWholeAndRoundedUp) {
  EXPECT_EQ(retry_seconds(1), 1u);
  EXPECT_EQ(retry_seconds(kNanosPerSecond), 1u);
  EXPECT_EQ(retry_seconds(kNanosPerSecond + 1), 2u);
}

TEST_F(AdmissionTest, TheNextProcessKnowsWhoHasHadHowMuch) {
  token_bucket(1, 1).key = {{conf::RequestKey::From::client_ip, ""}};
  EXPECT_EQ(ask_once(), Decision::pass);
  const std::string memory = limits().memory();
  table = nullptr;
  limits().recall(memory);
  EXPECT_EQ(ask_once(), Decision::refuse);
  table = nullptr;
  config.routes[0].limits[0].burst = 2;  // a word means something else then
  limits().recall(memory);
  EXPECT_EQ(ask_once(), Decision::pass);
}

}  // namespace
}  // namespace penstock::filters
