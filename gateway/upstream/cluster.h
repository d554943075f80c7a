// One worker's view of one upstream: its endpoints, a balancer over them, and their pools.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balancers/levels.h"
#include "balancers/slow_start.h"
#include "conf/config.h"
#include "gateway/health/monitor.h"
#include "gateway/upstream/guard.h"
#include "gateway/upstream/lease.h"
#include "gateway/upstream/plan.h"
#include "gateway/upstream/pool.h"
#include "limiters/hedging.h"

namespace penstock::upstream {

/// What an attempt asks for.
struct Choice {
  std::uint64_t key = 0;                           ///< balancers::Pick::key
  std::uint64_t random = 0;                        ///< fresh bits
  std::uint32_t preferred = balancers::kNoMember;  ///< by a sticky cookie: taken if it can be used
  std::span<const std::uint32_t> tried = {};
  bool fresh = false;                  ///< a new connection, not one from the pool
  std::string_view proxy_header = {};  ///< what a new connection begins with
};

/// Belongs to its worker's thread.
class Cluster {
 public:
  /// Told that an endpoint has failed so many requests in a row that it should go. On the worker's thread.
  using Report = std::function<void(const health::EndpointRecordPtr& record, health::Failure last)>;

  /// `make`: its pools.
  Cluster(io::Loop& loop, std::shared_ptr<const conf::Upstream> config, std::shared_ptr<observe::UpstreamStats> stats,
          unsigned worker, std::uint64_t seed, Report report, MakePool make = make_pool);
  ~Cluster();

  /// Pools of endpoints that stay (by id) keep their connections, and what is known of them; those of the others end
  /// with their last request.
  void apply(PlanPtr plan, FitnessPtr fitness);
  /// News of the endpoints' health, for the plan that was applied last.
  void apply(FitnessPtr fitness);

  /// A stream to an endpoint that was not tried, and whose breaker lets the attempt through. On failure an empty lease,
  /// and why in `refusal`.
  Lease lease(RequestStreamHandler& handler, http::Method method, const Choice& choice, Refusal& refusal);

  /// Once for each request that is to be leased a connection: what the budget of retries is a share of.
  void count_request();
  /// Takes one retry from the upstream's budget, and counts it. False: there is none left.
  bool try_retry(observe::RetryReason reason);

  /// When requests to this upstream are hedged. Answers count for it from the first call on.
  limiters::Hedging& hedging();

  /// Whether lease() would find an endpoint beside these.
  bool has_untried(std::span<const std::uint32_t> tried) const;
  /// Changes when endpoints' indices do.
  std::uint64_t generation() const { return generation_; }

  /// The endpoint that a sticky token stands for; kNoMember if it is none of ours.
  std::uint32_t endpoint_of(std::string_view sticky_token) const;
  /// Empty if the upstream is not sticky, or the endpoint has left.
  std::string_view sticky_token(const EndpointPool& pool) const;

  /// Closes idle connections, and those that are given back.
  void retire();

  const conf::Upstream& config() const { return config_; }
  observe::UpstreamStats& stats() { return stats_; }

 private:
  friend class Lease;
  std::optional<std::uint32_t> pick(const Choice& choice, std::span<const std::uint32_t> tried);
  std::optional<std::uint32_t> pick_admitted(const Choice& choice, limiters::BreakerPass& pass, Refusal& refusal);
  bool admits(limiters::CircuitBreaker* breaker, std::uint64_t random, limiters::BreakerPass& pass, Refusal& refusal);
  void release(EndpointPool& pool, RequestStream& stream);
  void succeeded(EndpointPool& pool, Nanos took);
  void failed(EndpointPool& pool, health::Failure what, Nanos took);
  void seems_slow(EndpointPool& pool, Nanos took);
  void take_out(std::uint32_t index);
  void set_usable(std::uint32_t index, bool usable);
  void ramp();

  io::Loop& loop_;
  const std::shared_ptr<const conf::Upstream> config_owner_;
  const std::shared_ptr<observe::UpstreamStats> stats_owner_;
  const conf::Upstream& config_;
  observe::UpstreamStats& stats_;
  const unsigned worker_;
  const std::uint64_t seed_;
  const Report report_;
  const MakePool make_pool_;
  const Nanos decay_;
  const balancers::SlowStart slow_start_;

  PlanPtr plan_;
  std::shared_ptr<Guard> guard_;  ///< the plan's; null while there is none
  FitnessPtr fitness_;
  std::unique_ptr<balancers::Levels> balancer_;       ///< null while there are no endpoints
  std::vector<std::unique_ptr<EndpointPool>> pools_;  ///< indexed like the plan
  std::vector<balancers::Load> loads_;
  std::vector<std::unique_ptr<EndpointPool>> leaving_;
  std::uint64_t generation_ = 0;
  std::uint32_t usable_ = 0;
  double typical_ns_ = 0;                       ///< what the upstream's answers take; 0 = unknown
  std::unique_ptr<limiters::Hedging> hedging_;  ///< null while nobody asks for it
  std::vector<std::uint32_t> ramping_;
  Deadline next_ramp_;
};

}  // namespace penstock::upstream
