#include "conf/balancer_policy.h"

#include <algorithm>
#include <array>

namespace penstock::conf {
namespace {

constexpr std::array kPolicies = {
    NamedPolicy{"round_robin", BalancerPolicy::round_robin},
    NamedPolicy{"smooth_weighted_round_robin", BalancerPolicy::smooth_weighted_round_robin},
    NamedPolicy{"random", BalancerPolicy::random},
    NamedPolicy{"weighted_random", BalancerPolicy::weighted_random},
    NamedPolicy{"least_connections", BalancerPolicy::least_connections},
    NamedPolicy{"peak_ewma", BalancerPolicy::peak_ewma},
    NamedPolicy{"consistent_hash", BalancerPolicy::consistent_hash},
    NamedPolicy{"maglev", BalancerPolicy::maglev},
    NamedPolicy{"source_hash", BalancerPolicy::source_hash},
};

constexpr std::array kKeys = {
    NamedPolicyKey{"key", PolicyKey::key},
    NamedPolicyKey{"virtual_nodes", PolicyKey::virtual_nodes},
    NamedPolicyKey{"bounded_load", PolicyKey::bounded_load},
    NamedPolicyKey{"consistent", PolicyKey::consistent},
    NamedPolicyKey{"decay", PolicyKey::decay},
};

}  // namespace

std::span<const NamedPolicy> balancer_policies() {
  return kPolicies;
}

std::string_view name_of(BalancerPolicy policy) {
  return std::find_if(kPolicies.begin(), kPolicies.end(), [&](const auto& p) { return p.policy == policy; })->name;
}

std::span<const NamedPolicyKey> policy_keys() {
  return kKeys;
}

bool uses(BalancerPolicy policy, PolicyKey key) {
  switch (key) {
    case PolicyKey::key:
      return policy == BalancerPolicy::consistent_hash || policy == BalancerPolicy::maglev;
    case PolicyKey::virtual_nodes:
    case PolicyKey::bounded_load:
      return policy == BalancerPolicy::consistent_hash;
    case PolicyKey::consistent:
      return policy == BalancerPolicy::source_hash;
    case PolicyKey::decay:
      return policy == BalancerPolicy::peak_ewma;
  }
  return false;
}

}  // namespace penstock::conf
