// The balancing policies: their names, and which keys of `balancer` each of them uses.
#pragma once

#include <span>
#include <string_view>

#include "conf/config.h"

namespace penstock::conf {

struct NamedPolicy {
  std::string_view name;  ///< as users write it
  BalancerPolicy policy;
};

/// All there are.
std::span<const NamedPolicy> balancer_policies();
std::string_view name_of(BalancerPolicy policy);

/// The keys of `balancer` that mean something to some policies only.
enum class PolicyKey { key, virtual_nodes, bounded_load, consistent, decay };

struct NamedPolicyKey {
  std::string_view name;  ///< as users write it
  PolicyKey key;
};

std::span<const NamedPolicyKey> policy_keys();
bool uses(BalancerPolicy policy, PolicyKey key);

}  // namespace penstock::conf
