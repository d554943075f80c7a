// Which policy for which trouble: the real balancers in a simulated site. `simulate --help`
#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <iostream>

#include "bench/sim/report.h"

namespace {

using namespace penstock::sim;

Result run_all(const Scenario& scenario, const std::string& only) {
  Result result{scenario, {}};
  for (const NamedPolicy& policy : all_policies()) {
    if (only.empty() || policy.name.find(only) != std::string::npos) result.rows.push_back(run(scenario, policy));
  }
  std::cout << table(result) << std::flush;
  return result;
}

void print_moved_keys() {
  std::cout << "\n### keys that move though their endpoint stays, when one of so many leaves\n\n"
               "| policy | of 10 | of 100 | of 1,000 |\n|---|---|---|---|\n";
  for (const NamedPolicy& policy : all_policies()) {
    if (!penstock::balancers::takes_key(policy.spec.policy)) continue;
    std::cout << "| " << policy.name;
    for (const std::uint32_t endpoints : {10u, 100u, 1'000u})
      std::cout << " | " << std::round(moved_keys(policy.spec, endpoints) * 10'000) / 100 << " %";
    std::cout << " |\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Simulates gateways and endpoints with the real balancers. Latencies are in mean service times.");
  double scale = 1;
  std::uint64_t seed = 1;
  std::string svg, policy;
  bool large = false;
  app.add_option("--scale", scale, "Length of the runs; 1 takes some seconds")->check(CLI::Range(0.01, 1000.0));
  app.add_option("--seed", seed, "Of all chance");
  app.add_option("--svg", svg, "Draw p99 into this file");
  app.add_option("--policy", policy, "Only those whose names have this in them");
  app.add_flag("--large", large, "Also 100 gateways with 10,000 endpoints");
  CLI11_PARSE(app, argc, argv);

  std::vector<Result> results;
  for (const Scenario& scenario : all_scenarios(scale, seed)) results.push_back(run_all(scenario, policy));
  if (large) results.push_back(run_all(large_scenario(scale, seed), policy));
  if (policy.empty()) print_moved_keys();
  if (!svg.empty()) std::ofstream(svg) << drawing(results);
}
