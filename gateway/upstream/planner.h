// Snapshot → plan, standings → fitness. Pure.
#pragma once

#include <functional>
#include <string>

#include "conf/config.h"
#include "gateway/health/monitor.h"
#include "gateway/upstream/plan.h"

namespace penstock::upstream {

/// What a plan depends on beside the snapshot and the upstream's configuration.
struct Surroundings {
  std::string zone;           ///< the gateway's own
  std::string sticky_secret;  ///< of the configuration, or else made at the start
};

using FindRecord = std::function<health::EndpointRecordPtr(const discovery::Endpoint&)>;

/// Endpoints that stand twice in the snapshot (by id) are taken once. `config` is used during the call only.
PlanPtr make_plan(const conf::Upstream& config, const Surroundings& around, const discovery::Snapshot& snapshot,
                  const FindRecord& find_record);

/// `standing(i)` is that of plan.endpoints[i].
FitnessPtr make_fitness(const Plan& plan, double panic_threshold,
                        const std::function<const health::Standing&(std::size_t)>& standing);

}  // namespace penstock::upstream
