#include "gateway/upstream/planner.h"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "balancers/make_balancer.h"
#include "balancers/subset.h"
#include "gateway/upstream/sticky.h"

namespace penstock::upstream {
namespace {

using discovery::Endpoint;

balancers::Policy policy_of(conf::BalancerPolicy policy) {
  using From = conf::BalancerPolicy;
  using To = balancers::Policy;
  switch (policy) {
    case From::round_robin:
      return To::round_robin;
    case From::random:
      return To::random;
    case From::weighted_random:
      return To::weighted_random;
    case From::least_connections:
      return To::least_connections;
    case From::peak_ewma:
      return To::peak_ewma;
    case From::consistent_hash:
      return To::consistent_hash;
    case From::maglev:
      return To::maglev;
    case From::source_hash:
      return To::source_hash;
    case From::smooth_weighted_round_robin:
      break;
  }
  return To::smooth_weighted_round_robin;
}

balancers::Spec spec_of(const conf::Balancer& balancer) {
  return {.policy = policy_of(balancer.policy),
          .virtual_nodes = balancer.virtual_nodes,
          .bounded_load = balancer.bounded_load.value_or(0),
          .consistent = balancer.consistent,
          .decay_ns = static_cast<std::uint64_t>(balancer.decay.count()) * kNanosPerMilli};
}

std::vector<const Endpoint*> without_doubles(const discovery::Snapshot& snapshot) {
  std::vector<const Endpoint*> endpoints;
  std::unordered_set<std::string_view> seen;
  for (const Endpoint& endpoint : snapshot.endpoints) {
    if (seen.insert(endpoint.id).second) endpoints.push_back(&endpoint);
  }
  return endpoints;
}

std::vector<const Endpoint*> only_ours(const std::vector<const Endpoint*>& all, const conf::Subset& rule) {
  std::vector<std::string> names;
  for (const Endpoint* endpoint : all) names.push_back(endpoint->id);
  std::vector<const Endpoint*> ours;
  for (const std::uint32_t index : balancers::subset(names, rule.size, rule.gateway)) ours.push_back(all[index]);
  return ours;
}

double weight_of(const std::vector<const Endpoint*>& endpoints) {
  double weight = 0;
  for (const Endpoint* endpoint : endpoints) weight += endpoint->weight;
  return weight;
}

/// Adds the level's endpoints to the plan, and its balancer to `balancers`.
void add_level(const std::vector<const Endpoint*>& endpoints, double needed, const balancers::Spec& spec,
               const FindRecord& find_record, Plan& plan, std::vector<balancers::Levels::Level>& balancers) {
  std::vector<balancers::Member> members;
  for (const Endpoint* endpoint : endpoints) {
    members.push_back({endpoint->id, endpoint->weight});
    Remembered known = find_record(*endpoint);
    plan.endpoints.push_back({*endpoint, std::move(known.record), std::move(known.breaker), {}, {}});
    plan.before.push_back(known.before);
  }
  const auto count = static_cast<std::uint32_t>(endpoints.size());
  plan.levels.push_back({count, weight_of(endpoints), needed});
  balancers.push_back({count, balancers::make_balancer(spec, members)});
}

/// A priority's endpoints as one level, or as two if some of them are in the gateway's zone. Of those, the zone's own
/// part of the work is asked: 1 / (number of zones), taking it that gateways stand in all zones alike.
void add_priority(const std::vector<const Endpoint*>& endpoints, const std::string& zone, const balancers::Spec& spec,
                  const FindRecord& find_record, Plan& plan, std::vector<balancers::Levels::Level>& balancers) {
  std::set<std::string_view> zones;
  std::vector<const Endpoint*> near, far;
  for (const Endpoint* endpoint : endpoints) {
    zones.insert(endpoint->zone);
    (endpoint->zone == zone ? near : far).push_back(endpoint);
  }
  if (zone.empty() || near.empty() || far.empty()) {
    add_level(endpoints, weight_of(endpoints), spec, find_record, plan, balancers);
    return;
  }
  add_level(near, weight_of(endpoints) / static_cast<double>(zones.size()), spec, find_record, plan, balancers);
  add_level(far, weight_of(far), spec, find_record, plan, balancers);
}

/// A Unix socket has neither name nor address: a certificate for it is for "localhost".
std::string tls_name(const conf::UpstreamTls& tls, const Endpoint& endpoint) {
  if (!tls.sni.empty()) return tls.sni;
  if (!endpoint.host.empty()) return endpoint.host;
  const std::string ip = endpoint.address.ip();
  return ip.empty() ? "localhost" : ip;
}

}  // namespace

PlanPtr make_plan(const conf::Upstream& config, const Surroundings& around, const discovery::Snapshot& snapshot,
                  const FindRecord& find_record, const Plan* follows) {
  auto plan = std::make_shared<Plan>();
  plan->version = snapshot.version;
  plan->follows = follows;
  plan->guard = around.guard;
  std::vector<const Endpoint*> endpoints = without_doubles(snapshot);
  if (config.subset) endpoints = only_ours(endpoints, *config.subset);
  if (endpoints.empty()) return plan;

  std::stable_sort(endpoints.begin(), endpoints.end(),
                   [](const Endpoint* a, const Endpoint* b) { return a->priority < b->priority; });
  const balancers::Spec spec = spec_of(config.balancer);
  plan->endpoints.reserve(endpoints.size());
  plan->before.reserve(endpoints.size());
  std::vector<balancers::Levels::Level> levels;
  for (auto first = endpoints.begin(); first != endpoints.end();) {
    const auto last =
        std::find_if(first, endpoints.end(), [&](const Endpoint* e) { return e->priority != (*first)->priority; });
    add_priority({first, last}, around.zone, spec, find_record, *plan, levels);
    first = last;
  }
  plan->balancer = std::make_unique<const balancers::Levels>(std::move(levels));

  if (around.tls) {
    for (PlannedEndpoint& endpoint : plan->endpoints)
      endpoint.tls = {around.tls, tls_name(*config.tls, endpoint.endpoint)};
  }
  if (config.sticky) {
    for (std::uint32_t i = 0; i < plan->endpoints.size(); ++i) {
      PlannedEndpoint& endpoint = plan->endpoints[i];
      endpoint.sticky_token = sticky_token(around.sticky_secret, config.name, endpoint.endpoint.id);
      plan->by_sticky_token.emplace(endpoint.sticky_token, i);
    }
  }
  return plan;
}

FitnessPtr make_fitness(const Plan& plan, double panic_threshold,
                        const std::function<const health::Standing&(std::size_t)>& standing) {
  auto fitness = std::make_shared<Fitness>();
  std::vector<balancers::LevelHealth> levels;
  std::size_t index = 0;
  for (const Plan::Level& level : plan.levels) {
    balancers::LevelHealth& health = levels.emplace_back();
    health.total = level.weight;
    health.needed = level.needed;
    for (std::uint32_t i = 0; i < level.count; ++i, ++index) {
      const health::Standing& stands = standing(index);
      fitness->usable.push_back(stands.usable());
      fitness->recovered_at.push_back(stands.recovered_at);
      if (stands.usable()) health.usable += plan.endpoints[index].endpoint.weight;
    }
  }
  index = 0;
  std::size_t number = 0;
  for (const balancers::LevelPlan& level : balancers::plan_levels(levels, panic_threshold)) {
    fitness->level_shares.push_back(level.share);
    const std::uint32_t count = plan.levels[number++].count;
    if (level.panic) {
      fitness->panic = true;
      std::fill_n(fitness->usable.begin() + static_cast<std::ptrdiff_t>(index), count, std::uint8_t{1});
    }
    index += count;
  }
  return fitness;
}

}  // namespace penstock::upstream
