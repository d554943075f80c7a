#include "bench/sim/scenarios.h"

namespace penstock::sim {
namespace {

using balancers::Policy;
using Endpoints = std::vector<Endpoint>;

std::function<void(Endpoints&)> speed_of_first(double speed) {
  return [speed](Endpoints& endpoints) { endpoints.front().speed = speed; };
}

std::function<void(Endpoints&)> first_alive(bool alive) {
  return [alive](Endpoints& endpoints) { endpoints.front().alive = alive; };
}

}  // namespace

std::vector<NamedPolicy> all_policies() {
  return {{"round_robin", {.policy = Policy::round_robin}},
          {"smooth_weighted_round_robin", {.policy = Policy::smooth_weighted_round_robin}},
          {"random", {.policy = Policy::random}},
          {"weighted_random", {.policy = Policy::weighted_random}},
          {"least_connections", {.policy = Policy::least_connections}},
          {"peak_ewma", {.policy = Policy::peak_ewma}},
          {"consistent_hash", {.policy = Policy::consistent_hash}},
          {"consistent_hash, bounded 1.25", {.policy = Policy::consistent_hash, .bounded_load = 1.25}},
          {"maglev", {.policy = Policy::maglev}},
          {"source_hash", {.policy = Policy::source_hash}}};
}

std::vector<Scenario> all_scenarios(double scale, std::uint64_t seed) {
  const auto requests = static_cast<std::uint64_t>(200'000 * scale);
  const Settings plain = {.requests = requests, .seed = seed, .policy = {}};
  std::vector<Scenario> scenarios;
  const auto add = [&](std::string name, std::string about) -> Scenario& {
    return scenarios.emplace_back(Scenario{std::move(name), std::move(about), plain, {}});
  };
  add("even", "One gateway, ten equal endpoints, load 0.8, exponential service times.");
  Scenario& uneven = add("uneven work", "The same with lognormal service times (sigma 1): some requests are long.");
  uneven.settings.service = Service::lognormal;
  Scenario& slow =
      add("one is slow", "One of the ten is 4 times slower; the load stays 0.8 of what all together carry.");
  slow.settings.load = 0.8 * 9.25 / 10;
  slow.changes = {{0, speed_of_first(0.25)}};
  Scenario& spell =
      add("slow for a while", "One becomes 10 times slower for a fifth of the run, and recovers. Load 0.6.");
  spell.settings.load = 0.6;
  spell.changes = {{0.4, speed_of_first(0.1)}, {0.6, speed_of_first(1)}};
  Scenario& dead =
      add("dies, comes back", "One refuses connections for the middle third. Load 0.6; one retry elsewhere.");
  dead.settings.load = 0.6;
  dead.changes = {{0.33, first_alive(false)}, {0.67, first_alive(true)}};
  Scenario& hot = add("hot keys", "Keys by Zipf's law (1.0): the hottest of 100,000 is 8 % of the requests. Load 0.5.");
  hot.settings.load = 0.5;
  hot.settings.zipf = 1.0;
  Scenario& many =
      add("many gateways", "Fifty gateways, fifty endpoints: each gateway sees only a fiftieth of the load.");
  many.settings.gateways = many.settings.endpoints = 50;
  return scenarios;
}

Scenario large_scenario(double scale, std::uint64_t seed) {
  Scenario large = {
      "100 gateways, 10,000 endpoints", "One in a hundred endpoints is 4 times slower. Load 0.7.", {}, {}};
  large.settings = {.gateways = 100,
                    .endpoints = 10'000,
                    .load = 0.7,
                    .requests = static_cast<std::uint64_t>(2'000'000 * scale),
                    .seed = seed,
                    .policy = {}};
  large.changes = {{0, [](Endpoints& endpoints) {
                      for (std::size_t i = 0; i < endpoints.size(); i += 100) endpoints[i].speed = 0.25;
                    }}};
  return large;
}

Row run(const Scenario& scenario, const NamedPolicy& policy) {
  Settings settings = scenario.settings;
  settings.policy = policy.spec;
  World world(settings);
  for (const auto& [part, change] : scenario.changes) world.at(part, change);
  const Outcome outcome = world.run();
  return {policy.name,         outcome.quantile(0.5), outcome.quantile(0.99), outcome.quantile(0.999),
          outcome.imbalance(), outcome.errors,        outcome.refused_tries};
}

}  // namespace penstock::sim
