// What a worker makes of the endpoints' health, and what it finds out itself.
#include <gmock/gmock.h>

#include "balancers/hash.h"
#include "tests/unit/upstream/cluster_fixture.h"

namespace penstock::upstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Nanos kQuick = kNanosPerMilli;

class HealthInClusterTest : public ClusterTest {
 protected:
  Endpoint a{loop};
  Endpoint b{loop};
  Endpoint c{loop};

  void SetUp() override { apply({a.entry(), b.entry(), c.entry()}); }

  void goes_out(const Endpoint& endpoint) {
    standings[endpoint.entry().id].state = health::State::unhealthy;
    tell_fitness();
  }
  void comes_back(const Endpoint& endpoint) {
    standings[endpoint.entry().id] = {health::State::healthy, "checks passed", 1, loop.now()};
    tell_fitness();
  }
  /// How often each endpoint is picked in `picks`, by id.
  std::map<std::string, int> spread(int picks, std::uint64_t key = 0) {
    std::map<std::string, int> counts;
    for (int i = 0; i < picks; ++i) {
      Attempt attempt;
      const Choice choice = {.key = key, .random = balancers::mix(static_cast<std::uint64_t>(i))};
      if (begin(attempt, choice)) ++counts[attempt.lease.endpoint().address_text()];
    }
    return counts;
  }
  int picks_of(const Endpoint& endpoint, int picks) { return spread(picks)[endpoint.entry().id]; }

  void fail_at(const Endpoint& endpoint, int times) {
    const std::uint32_t others[] = {index_of(endpoint) == 0 ? 1u : 0u, index_of(endpoint) == 2 ? 1u : 2u};
    for (int i = 0; i < times; ++i) {
      Attempt attempt;
      ASSERT_TRUE(begin(attempt, false, others));
      attempt.lease.failed({ErrorKind::upstream_reset, "", Failure::Stage::waiting, true}, AttemptPhase::waiting,
                           kQuick);
    }
  }
  std::uint32_t index_of(const Endpoint& endpoint) {
    std::uint32_t index = 0;
    while (plan().endpoints[index].endpoint.id != endpoint.entry().id) ++index;
    return index;
  }
};

TEST_F(HealthInClusterTest, AnUnhealthyEndpointIsNotPicked) {
  goes_out(b);
  EXPECT_EQ(picks_of(b, 10), 0);
  EXPECT_EQ(spread(10).size(), 2u);
}

TEST_F(HealthInClusterTest, WithoutAHealthyOneThereIsNone) {
  for (const Endpoint* each : {&a, &b, &c}) goes_out(*each);
  Attempt attempt;
  EXPECT_FALSE(begin(attempt));
  EXPECT_EQ(attempt.error, ErrorKind::no_endpoint);
  EXPECT_FALSE(cluster().has_untried({}));
}

TEST_F(HealthInClusterTest, InPanicAllArePicked) {
  config.panic_threshold = 0.5;
  for (const Endpoint* each : {&a, &b}) goes_out(*each);
  EXPECT_EQ(spread(30).size(), 3u);
}

TEST_F(HealthInClusterTest, OneThatComesBackStartsSlowly) {
  config.slow_start = conf::SlowStart{conf::milliseconds(10'000), 0.1, 1};
  cluster_storage.reset();
  SetUp();
  goes_out(b);
  comes_back(b);
  const int picks = picks_of(b, 600);
  EXPECT_GT(picks, 0);
  EXPECT_LT(picks, 60);  // of 200
}

TEST_F(HealthInClusterTest, AndHasItsShareWhenTheWindowIsOver) {
  config.slow_start = conf::SlowStart{conf::milliseconds(20), 0.1, 1};
  cluster_storage.reset();
  SetUp();
  goes_out(b);
  comes_back(b);
  const Nanos begun = loop.now();
  ASSERT_TRUE(run_until([&] { return loop.now() > begun + 100 * kNanosPerMilli; }));
  EXPECT_EQ(picks_of(b, 300), 100);
}

TEST_F(HealthInClusterTest, AlsoIfNewsOfOthersComesJustThen) {
  config.slow_start = conf::SlowStart{conf::milliseconds(20), 0.1, 1};
  cluster_storage.reset();
  SetUp();
  goes_out(b);
  comes_back(b);
  const Nanos begun = loop.now();
  ASSERT_TRUE(run_until([&] { return loop.now() > begun + 21 * kNanosPerMilli; }));
  tell_fitness();
  ASSERT_TRUE(run_until([&] { return loop.now() > begun + 150 * kNanosPerMilli; }));
  EXPECT_EQ(picks_of(b, 300), 100);
}

TEST_F(HealthInClusterTest, WhereAllAreNewNobodyIsSlow) {
  config.slow_start = conf::SlowStart{conf::milliseconds(10'000), 0.1, 1};
  cluster_storage.reset();
  for (const Endpoint* each : {&a, &b, &c}) standings[each->entry().id].recovered_at = loop.now();
  SetUp();
  EXPECT_EQ(picks_of(b, 300), 100);
}

TEST_F(HealthInClusterTest, FiveFailuresInARowAreReportedAndTakeItOutAtOnce) {
  fail_at(b, 4);
  EXPECT_THAT(reports, IsEmpty());
  fail_at(b, 1);
  EXPECT_THAT(reports, ElementsAre(b.entry().id));
  EXPECT_EQ(picks_of(b, 10), 0);
}

TEST_F(HealthInClusterTest, TheVerdictOfTheControlThreadCounts) {
  fail_at(b, 5);
  tell_fitness();
  EXPECT_GT(picks_of(b, 10), 0);
}

TEST_F(HealthInClusterTest, ASuccessInBetweenStartsTheCountAnew) {
  fail_at(b, 4);
  Attempt attempt;
  const std::uint32_t others[] = {0, 2};
  ASSERT_TRUE(begin(attempt, false, others));
  attempt.lease.answered(404, false, kQuick);
  fail_at(b, 4);
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(HealthInClusterTest, ARefusalForNowIsNoFailure) {
  for (int i = 0; i < 20; ++i) {
    Attempt attempt;
    ASSERT_TRUE(begin(attempt));
    attempt.lease.answered(503, true, kQuick);
  }
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(HealthInClusterTest, NoMoreAreTakenOutThanMayBe) {
  fail_at(a, 5);
  fail_at(b, 5);
  fail_at(c, 5);
  EXPECT_EQ(reports.size(), 3u);
  EXPECT_EQ(spread(30).size(), 2u);  // half of three is one
}

TEST_F(HealthInClusterTest, WhereEjectionIsNotEnforcedItIsOnlyReported) {
  config.outlier->enforce = false;
  cluster_storage.reset();
  SetUp();
  fail_at(b, 5);
  EXPECT_EQ(reports.size(), 1u);
  EXPECT_EQ(picks_of(b, 30), 10);
}

TEST_F(HealthInClusterTest, AStickyTokenLeadsToItsEndpointWhileThatIsUsable) {
  config.sticky = conf::Sticky{.cookie = "c"};
  cluster_storage.reset();
  SetUp();
  const std::string token = plan().endpoints[index_of(b)].sticky_token;
  const std::uint32_t found = cluster().endpoint_of(token);
  EXPECT_EQ(found, index_of(b));
  for (int i = 0; i < 5; ++i) {
    Attempt attempt;
    begin(attempt, Choice{.preferred = found});
    EXPECT_EQ(attempt.lease.endpoint().address_text(), b.entry().id);
    EXPECT_EQ(cluster().sticky_token(attempt.lease.endpoint()), token);
  }
  goes_out(b);
  Attempt elsewhere;
  ASSERT_TRUE(begin(elsewhere, Choice{.preferred = found}));
  EXPECT_NE(elsewhere.lease.endpoint().address_text(), b.entry().id);
  EXPECT_EQ(cluster().endpoint_of("forged"), balancers::kNoMember);
}

TEST_F(HealthInClusterTest, InFlightCountsComeBackToNothing) {
  config.balancer.policy = conf::BalancerPolicy::least_connections;
  cluster_storage.reset();
  SetUp();
  std::vector<std::unique_ptr<Attempt>> attempts;
  std::uint64_t state = 1;
  for (int i = 0; i < 2'000; ++i) {
    state = balancers::mix(state);
    if (attempts.empty() || state % 3 != 0) {
      attempts.push_back(std::make_unique<Attempt>());
      begin(*attempts.back(), Choice{.random = state});
    } else {
      attempts.erase(attempts.begin() + static_cast<std::ptrdiff_t>(state % attempts.size()));
    }
    if (attempts.size() > 50) attempts.clear();
    if (state % 97 == 0) apply({b.entry(), a.entry()});
    if (state % 101 == 0) apply({a.entry(), b.entry(), c.entry()});
  }
  attempts.clear();
  apply({a.entry(), b.entry(), c.entry()});
  for (auto& [id, record] : records) EXPECT_EQ(record->worker(0).in_flight.value(), 0) << id;
  EXPECT_EQ(spread(30).size(), 3u);
  EXPECT_EQ(picks_of(b, 30), 10);
}

}  // namespace
}  // namespace penstock::upstream
