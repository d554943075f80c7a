#include "conf/balancer_policy.h"

namespace penstock::conf {

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
