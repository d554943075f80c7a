// The control thread's side of one upstream: snapshots and health come in, plans and fitness go out to the workers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/config.h"
#include "discovery/snapshot.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/health/monitor.h"
#include "gateway/upstream/plan.h"
#include "gateway/upstream/planner.h"

namespace penstock::upstream {

/// Belongs to the control thread.
class Supervisor {
 public:
  /// Both are called on the control thread, and hand on to every worker.
  struct Workers {
    unsigned count;
    std::function<void(const PlanPtr&, const FitnessPtr&)> plan;
    std::function<void(const FitnessPtr&)> fitness;
  };
  using Tell = std::function<void(const std::string& message)>;

  /// `before`: the supervisor of the same upstream under another configuration, whose place this one takes: what it has
  /// learned of the endpoints is taken over. Null: there was none. Used during the call only.
  Supervisor(io::Loop& loop, std::shared_ptr<const conf::Upstream> config, Surroundings around, std::uint64_t seed,
             Workers workers, Tell tell, const Supervisor* before = nullptr);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// For the next process, and before the first snapshot, from the one before: who is out, and weights set by hand.
  std::string memory() const;
  void recall(std::string_view memory);

  void apply(const discovery::SnapshotPtr& snapshot);
  /// An engineer's word on an endpoint, by its address's text: 1 … 65535 in place of the weight that the snapshot has,
  /// 0: no new requests, nullopt: as the snapshot has it. Holds for later snapshots, too. False: there is no such
  /// endpoint.
  bool set_weight(const std::string& address, std::optional<std::uint32_t> weight);
  /// A worker's report; it is answered with the fitness, whatever the verdict.
  void failures_in_a_row(const health::EndpointRecordPtr& record, health::Failure last);

  // ---- for those who look
  const conf::Upstream& config() const { return config_; }
  const Plan& plan() const { return *plan_; }
  const Fitness& fitness() const { return *fitness_; }
  const health::Standing& standing(std::size_t endpoint) const { return monitor_.standing(endpoint); }
  const health::Monitor& monitor() const { return monitor_; }
  const Guard& guard() const { return *around_.guard; }
  /// Picks of each endpoint of the plan in the last five to ten seconds.
  std::vector<std::uint64_t> recent_picks() const;

 private:
  /// Requests until 5 … 10 s ago, and until 0 … 5 s ago.
  struct Known {
    health::EndpointRecordPtr record;
    BreakerPtr breaker;
    std::uint64_t requests_then = 0;
    std::uint64_t requests_lately = 0;
    std::uint64_t last_plan = 0;  ///< number of the last plan that it was in; 0: none of ours
    std::uint32_t place = 0;      ///< its index there
  };

  static Surroundings guarded(Surroundings around, const conf::Upstream& config, const Supervisor* before);
  void learn_from(const Supervisor& before);
  discovery::SnapshotPtr with_weights() const;
  Remembered remembered(const discovery::Endpoint& endpoint);
  void forget_some();
  void publish_fitness();
  void mark_time();

  io::Loop& loop_;
  const std::shared_ptr<const conf::Upstream> config_owner_;
  const conf::Upstream& config_;
  const Surroundings around_;
  const Workers workers_;
  health::Monitor monitor_;
  std::unordered_map<std::string, Known> known_;  ///< by endpoint id; also those that have left
  std::uint64_t plans_ = 1;   ///< number of the last one; 1: the one before the first, which is empty
  std::uint32_t places_ = 0;  ///< in the plan that is being made
  discovery::SnapshotPtr snapshot_;
  std::unordered_map<std::string, std::uint32_t> weights_;  ///< set by hand, by address
  PlanPtr plan_;
  PlanPtr plan_before_;  ///< so that it is freed here: workers have better things to do
  FitnessPtr fitness_;
  Deadline next_mark_;
};

}  // namespace penstock::upstream
