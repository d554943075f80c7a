// Snapshot and health in, plan and fitness out.
#include "gateway/upstream/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::upstream {
namespace {

using ::testing::ElementsAre;

class PlannerTest : public ::testing::Test {
 protected:
  conf::Upstream config;
  std::string zone;
  io::ClientTlsPtr tls;
  discovery::Snapshot snapshot{7, {}};
  std::vector<bool> healthy;

  void endpoint(const std::string& id, const std::string& in_zone = "", std::uint32_t priority = 0,
                std::uint32_t weight = 1) {
    snapshot.endpoints.push_back({id, {}, weight, in_zone, priority});
  }
  PlanPtr plan() {
    return make_plan(config, {zone, "secret", nullptr, tls}, snapshot, [](const discovery::Endpoint& found) {
      return std::make_shared<health::EndpointRecord>(found.id, found.id, 1);
    });
  }
  std::vector<std::string> order() {
    std::vector<std::string> ids;
    const PlanPtr made = plan();
    for (const PlannedEndpoint& planned : made->endpoints) ids.push_back(planned.endpoint.id);
    return ids;
  }
  std::vector<std::string> tls_names() {
    std::vector<std::string> names;
    const PlanPtr made = plan();
    for (const PlannedEndpoint& planned : made->endpoints) names.push_back(planned.tls.name);
    return names;
  }
  /// Shares of the levels in percent, with these endpoints (in the plan's order) being healthy.
  std::vector<int> shares(const std::vector<int>& healthy_ones) {
    const PlanPtr made = plan();
    const health::Standing good, bad = {health::State::unhealthy, "", 0, 0};
    fitness_ = make_fitness(*made, config.panic_threshold,
                            [&](std::size_t i) -> const health::Standing& { return healthy_ones[i] ? good : bad; });
    std::vector<int> percent;
    for (const std::uint32_t share : fitness_->level_shares)
      percent.push_back(static_cast<int>((share * 100 + balancers::kAllOfIt / 2) / balancers::kAllOfIt));
    return percent;
  }
  FitnessPtr fitness_;
};

TEST_F(PlannerTest, AnEmptySnapshotHasNoBalancer) {
  EXPECT_EQ(plan()->balancer, nullptr);
  EXPECT_EQ(plan()->version, 7u);
}

TEST_F(PlannerTest, ACertificateIsForTheNameThatIsWrittenOrTheEndpointsNameOrItsAddress) {
  io::TlsReport report;
  tls = io::ClientTls::make({.ca = {}, .cert = {}, .key = {}, .verify = false}, report);
  config.tls.emplace();
  for (const auto& address : {io::SocketAddress::from_ip("192.0.2.1", 1), io::SocketAddress::from_ip("2001:db8::1", 1),
                              io::SocketAddress::from_unix("/run/x.sock")}) {
    snapshot.endpoints.push_back({address->text(), *address, 1, "", 0});
  }
  snapshot.endpoints.push_back({"named", *io::SocketAddress::from_ip("192.0.2.1", 2), 1, "", 0, {}, "api.internal"});
  EXPECT_THAT(tls_names(), ElementsAre("192.0.2.1", "2001:db8::1", "localhost", "api.internal"));
  config.tls->sni = "sni.internal";
  EXPECT_THAT(tls_names(), testing::Each("sni.internal"));
}

TEST_F(PlannerTest, EndpointsStandByPriorityThenInTheirOrder) {
  endpoint("c", "", 1);
  endpoint("b");
  endpoint("a");
  EXPECT_THAT(order(), ElementsAre("b", "a", "c"));
  EXPECT_EQ(plan()->levels.size(), 2u);
}

TEST_F(PlannerTest, OneThatStandsTwiceIsTakenOnce) {
  endpoint("a");
  endpoint("a");
  EXPECT_THAT(order(), ElementsAre("a"));
}

TEST_F(PlannerTest, TheOwnZoneComesFirst) {
  zone = "east";
  endpoint("a", "west");
  endpoint("b", "east");
  endpoint("c", "west", 1);
  EXPECT_THAT(order(), ElementsAre("b", "a", "c"));
  EXPECT_THAT(shares({1, 1, 1}), ElementsAre(100, 0, 0));
}

TEST_F(PlannerTest, WithoutAZoneOfItsOwnAllAreAlike) {
  endpoint("a", "west");
  endpoint("b", "east");
  EXPECT_EQ(plan()->levels.size(), 1u);
  zone = "north";
  EXPECT_EQ(plan()->levels.size(), 1u);
}

TEST_F(PlannerTest, AZoneThatIsTooSmallForItsPartSharesTheWork) {
  zone = "east";
  endpoint("a", "east");
  for (int i = 0; i < 9; ++i) endpoint("w" + std::to_string(i), "west");
  // One of ten for half of the work: 1.4 * 1/5.
  EXPECT_THAT(shares(std::vector<int>(10, 1)), ElementsAre(28, 72));
}

TEST_F(PlannerTest, LowerPrioritiesTakeOverAsTheUpperOnesFail) {
  for (const char* id : {"a", "b", "c", "d"}) endpoint(id);
  endpoint("e", "", 1);
  EXPECT_THAT(shares({1, 1, 1, 0, 1}), ElementsAre(100, 0));
  EXPECT_THAT(shares({1, 1, 0, 0, 1}), ElementsAre(70, 30));
  EXPECT_THAT(shares({0, 0, 0, 0, 1}), ElementsAre(0, 100));
}

TEST_F(PlannerTest, WhenNothingIsHealthyNothingIsUsableUnlessThereIsPanic) {
  endpoint("a");
  endpoint("b");
  EXPECT_THAT(shares({0, 0}), ElementsAre(0));
  EXPECT_THAT(fitness_->usable, ElementsAre(0, 0));
  config.panic_threshold = 0.5;
  EXPECT_THAT(shares({0, 0}), ElementsAre(100));
  EXPECT_THAT(fitness_->usable, ElementsAre(1, 1));
  EXPECT_TRUE(fitness_->panic);
}

TEST_F(PlannerTest, ASubsetIsOfTheSizeThatWasAskedFor) {
  for (int i = 0; i < 10; ++i) endpoint("e" + std::to_string(i));
  config.subset = conf::Subset{3, 1};
  const auto ours = order();
  EXPECT_EQ(ours.size(), 3u);
  config.subset->gateway = 2;
  EXPECT_NE(order(), ours);
}

TEST_F(PlannerTest, StickyTokensAreOpaqueStableAndLeadBack) {
  config.name = "app";
  config.sticky = conf::Sticky{.cookie = "c"};
  endpoint("a");
  endpoint("b");
  const PlanPtr made = plan();
  const std::string& token = made->endpoints[1].sticky_token;
  EXPECT_EQ(token.size(), 22u);
  EXPECT_EQ(made->by_sticky_token.at(token), 1u);
  EXPECT_EQ(plan()->endpoints[1].sticky_token, token);
  EXPECT_NE(made->endpoints[0].sticky_token, token);
}

}  // namespace
}  // namespace penstock::upstream
