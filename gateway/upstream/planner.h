// Snapshot → plan, standings → fitness. Pure.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "conf/config.h"
#include "gateway/health/monitor.h"
#include "gateway/upstream/plan.h"

namespace penstock::upstream {

/// What a plan depends on beside the snapshot and the upstream's configuration.
struct Surroundings {
  std::string zone;           ///< the gateway's own
  std::string sticky_secret;  ///< of the configuration, or else made at the start
  std::shared_ptr<Guard> guard{};
  io::ClientTlsPtr tls{};  ///< null: connections are not encrypted
};

/// What is remembered of an endpoint from plan to plan.
struct Remembered {
  Remembered(health::EndpointRecordPtr r, BreakerPtr b = nullptr, std::uint32_t where = balancers::kNoMember)
      : record(std::move(r)), breaker(std::move(b)), before(where) {}
  health::EndpointRecordPtr record;
  BreakerPtr breaker;
  std::uint32_t before;  ///< its index in the plan before; kNoMember: it was not in it
};
using FindRecord = std::function<Remembered(const discovery::Endpoint&)>;

/// Endpoints that stand twice in the snapshot (by id) are taken once. `config` is used during the call only.
/// `find_record` is called in the order of plan.endpoints. `follows`: the plan before; null: there was none.
PlanPtr make_plan(const conf::Upstream& config, const Surroundings& around, const discovery::Snapshot& snapshot,
                  const FindRecord& find_record, const Plan* follows = nullptr);

/// `standing(i)` is that of plan.endpoints[i].
FitnessPtr make_fitness(const Plan& plan, double panic_threshold,
                        const std::function<const health::Standing&(std::size_t)>& standing);

}  // namespace penstock::upstream
