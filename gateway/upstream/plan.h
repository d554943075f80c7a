// What the control thread makes of a snapshot for the workers, and what it tells them of the endpoints' health.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "balancers/levels.h"
#include "discovery/snapshot.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/health/endpoint_record.h"
#include "gateway/io/tls/target.h"
#include "gateway/upstream/guard.h"

namespace penstock::upstream {

struct PlannedEndpoint {
  discovery::Endpoint endpoint;
  health::EndpointRecordPtr record;
  BreakerPtr breaker;        ///< kept across plans, like the record; null: it has none
  std::string sticky_token;  ///< what the cookie says of it; empty if the upstream is not sticky
  io::TlsTarget tls{};
};

/// One snapshot, ready to be used. Immutable; its dear part, the balancer's tables, is made once for all workers.
struct Plan {
  std::uint64_t version = 0;               ///< the snapshot's
  std::vector<PlannedEndpoint> endpoints;  ///< level by level, within a level in the snapshot's order
  const Plan* follows = nullptr;           ///< the plan before, to be recognised only; it may be gone
  std::vector<std::uint32_t> before;       ///< each endpoint's index there; kNoMember: it was not in it
  struct Level {
    std::uint32_t count;
    double weight;  ///< of all its endpoints
    double needed;  ///< the weight that carries all the work (balancers::LevelHealth)
  };
  std::vector<Level> levels;
  std::shared_ptr<Guard> guard;                       ///< the same in all plans of an upstream
  std::unique_ptr<const balancers::Levels> balancer;  ///< to be cloned; null if there are no endpoints
  std::unordered_map<std::string_view, std::uint32_t> by_sticky_token;  ///< views into `endpoints`
};
using PlanPtr = std::shared_ptr<const Plan>;

/// How the endpoints of a plan stand; indexed like Plan::endpoints and Plan::levels. Immutable.
struct Fitness {
  std::vector<std::uint8_t> usable;         ///< 1 = may be picked; in panic all may
  std::vector<Nanos> recovered_at;          ///< steady; since when it is back, or new among others; 0 = from the first
  std::vector<std::uint32_t> level_shares;  ///< of balancers::kAllOfIt
  bool panic = false;
};
using FitnessPtr = std::shared_ptr<const Fitness>;

}  // namespace penstock::upstream
