// The troubles that policies are put to, and what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/sim/world.h"

namespace penstock::sim {

struct Scenario {
  std::string name;   ///< short, for a table's head
  std::string about;  ///< a sentence
  Settings settings;
  std::vector<std::pair<double, std::function<void(std::vector<Endpoint>&)>>> changes;
};

struct NamedPolicy {
  std::string name;
  balancers::Spec spec;
};

/// Every policy, and the variants that differ.
std::vector<NamedPolicy> all_policies();

/// `scale`: 1 for a run of some seconds; requests grow with it.
std::vector<Scenario> all_scenarios(double scale, std::uint64_t seed);
/// 100 gateways, 10,000 endpoints.
Scenario large_scenario(double scale, std::uint64_t seed);

struct Row {
  std::string policy;
  double p50 = 0, p99 = 0, p999 = 0;  ///< in mean service times
  double imbalance = 0;
  std::uint64_t errors = 0;
  std::uint64_t refused_tries = 0;
};

Row run(const Scenario& scenario, const NamedPolicy& policy);

}  // namespace penstock::sim
