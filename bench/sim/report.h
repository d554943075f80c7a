// Tables and drawings of what the simulation found.
#pragma once

#include <string>
#include <vector>

#include "bench/sim/scenarios.h"

namespace penstock::sim {

struct Result {
  Scenario scenario;
  std::vector<Row> rows;
};

/// Markdown.
std::string table(const Result& result);
/// Bars of p99 by policy, one panel for each scenario, on a logarithmic scale.
std::string drawing(const std::vector<Result>& results);

}  // namespace penstock::sim
