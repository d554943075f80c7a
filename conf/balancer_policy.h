// The balancing policies: their names, and which keys of `balancer` each of them uses.
#pragma once

#include <string_view>

#include "conf/config.h"
#include "conf/words.h"

namespace penstock::conf {

inline constexpr Word<BalancerPolicy> kBalancerPolicies[] = {
    {"round_robin", BalancerPolicy::round_robin},
    {"smooth_weighted_round_robin", BalancerPolicy::smooth_weighted_round_robin},
    {"random", BalancerPolicy::random},
    {"weighted_random", BalancerPolicy::weighted_random},
    {"least_connections", BalancerPolicy::least_connections},
    {"peak_ewma", BalancerPolicy::peak_ewma},
    {"consistent_hash", BalancerPolicy::consistent_hash},
    {"maglev", BalancerPolicy::maglev},
    {"source_hash", BalancerPolicy::source_hash},
};

constexpr std::string_view name_of(BalancerPolicy policy) {
  return word_for(kBalancerPolicies, policy);
}

/// The keys of `balancer` that mean something to some policies only.
enum class PolicyKey { key, virtual_nodes, bounded_load, consistent, decay };

inline constexpr Word<PolicyKey> kPolicyKeys[] = {
    {"key", PolicyKey::key},
    {"virtual_nodes", PolicyKey::virtual_nodes},
    {"bounded_load", PolicyKey::bounded_load},
    {"consistent", PolicyKey::consistent},
    {"decay", PolicyKey::decay},
};

bool uses(BalancerPolicy policy, PolicyKey key);

}  // namespace penstock::conf
