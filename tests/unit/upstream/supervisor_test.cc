// What the control thread tells the workers, and when.
#include "gateway/upstream/supervisor.h"

#include <gmock/gmock.h>

#include "tests/unit/io/loop_fixture.h"

namespace penstock::upstream {
namespace {

using ::testing::ElementsAre;

class SupervisorTest : public io::LoopTest {
 protected:
  const std::shared_ptr<conf::Upstream> shared_config = std::make_shared<conf::Upstream>();
  conf::Upstream& config = *shared_config;
  std::vector<PlanPtr> plans;
  std::vector<FitnessPtr> fitnesses;  ///< those of plans, too
  std::unique_ptr<Supervisor> storage;

  Supervisor& supervisor() {
    if (!storage) {
      storage = std::make_unique<Supervisor>(
          loop, shared_config, Surroundings{"", "secret"}, 1,
          Supervisor::Workers{2,
                              [this](const PlanPtr& plan, const FitnessPtr& fitness) {
                                plans.push_back(plan);
                                fitnesses.push_back(fitness);
                              },
                              [this](const FitnessPtr& fitness) { fitnesses.push_back(fitness); }},
          [](const std::string&) {});
    }
    return *storage;
  }
  void apply(const std::vector<std::string>& addresses) {
    auto snapshot = std::make_shared<discovery::Snapshot>();
    snapshot->version = plans.size() + 1;
    for (const std::string& address : addresses)
      snapshot->endpoints.push_back({address, address_of(address), 1, "", 0});
    supervisor().apply(snapshot);
  }
  /// "a:1" stands for 127.0.0.1:97.
  static io::SocketAddress address_of(const std::string& id) {
    return io::SocketAddress::from_ip("127.0.0.1", static_cast<std::uint16_t>(id.front())).value();
  }
  health::EndpointRecord& record(std::size_t endpoint) { return *plans.back()->endpoints.at(endpoint).record; }
};

TEST_F(SupervisorTest, ASnapshotBecomesAPlanAtOnce) {
  apply({"a:1", "b:1"});
  ASSERT_EQ(plans.size(), 1u);
  EXPECT_EQ(plans[0]->version, 1u);
  EXPECT_THAT(fitnesses[0]->usable, ElementsAre(1, 1));
}

TEST_F(SupervisorTest, AReportIsAnsweredWhateverTheVerdict) {
  apply({"a:1", "b:1"});
  supervisor().failures_in_a_row(plans[0]->endpoints[1].record, health::Failure::request);
  ASSERT_EQ(fitnesses.size(), 2u);
  EXPECT_THAT(fitnesses[1]->usable, ElementsAre(1, 0));
  supervisor().failures_in_a_row(plans[0]->endpoints[0].record, health::Failure::request);
  ASSERT_EQ(fitnesses.size(), 3u);
  EXPECT_THAT(fitnesses[2]->usable, ElementsAre(1, 0));  // never the last one
}

TEST_F(SupervisorTest, HealthOutlivesASnapshot) {
  apply({"a:1", "b:1"});
  supervisor().failures_in_a_row(plans[0]->endpoints[1].record, health::Failure::request);
  apply({"b:1", "c:1", "a:1"});
  EXPECT_THAT(fitnesses.back()->usable, ElementsAre(0, 1, 1));
}

TEST_F(SupervisorTest, CountsOutliveAnEndpointsAbsence) {
  apply({"a:1", "b:1"});
  record(1).worker(1).requests.add(7);
  apply({"a:1"});
  apply({"b:1", "a:1"});
  EXPECT_EQ(record(0).worker(1).requests.value(), 7u);
}

TEST_F(SupervisorTest, BreakersAndTheBudgetOutliveASnapshot) {
  config.circuit_breaker = conf::CircuitBreaker{.per = conf::BreakerPer::both};
  apply({"a:1", "b:1"});
  apply({"b:1"});
  apply({"a:1", "b:1"});
  ASSERT_NE(plans[0]->endpoints[0].breaker, nullptr);
  EXPECT_NE(plans[0]->guard->breaker(), nullptr);
  EXPECT_EQ(plans[0]->guard, plans[2]->guard);
  EXPECT_EQ(plans[0]->endpoints[0].breaker, plans[2]->endpoints[0].breaker);
  EXPECT_NE(plans[2]->endpoints[0].breaker, plans[2]->endpoints[1].breaker);
}

TEST_F(SupervisorTest, BreakersAreWhereTheyAreWanted) {
  apply({"a:1"});
  EXPECT_EQ(plans[0]->endpoints[0].breaker, nullptr);
  EXPECT_EQ(plans[0]->guard->breaker(), nullptr);
  storage.reset();
  config.circuit_breaker = conf::CircuitBreaker{.per = conf::BreakerPer::endpoint};
  apply({"a:1"});
  EXPECT_NE(plans[1]->endpoints[0].breaker, nullptr);
  EXPECT_EQ(plans[1]->guard->breaker(), nullptr);
}

TEST_F(SupervisorTest, RecentPicksAreThoseOfAllWorkers) {
  apply({"a:1", "b:1"});
  record(0).worker(0).requests.add(3);
  record(0).worker(1).requests.add(4);
  EXPECT_THAT(supervisor().recent_picks(), ElementsAre(7, 0));
}

TEST_F(SupervisorTest, NewcomersAreNewOnlyWhereOthersAreNot) {
  apply({"a:1"});
  apply({"a:1", "b:1"});
  EXPECT_EQ(fitnesses.back()->recovered_at[0], 0u);
  EXPECT_NE(fitnesses.back()->recovered_at[1], 0u);
}

}  // namespace
}  // namespace penstock::upstream
