#include "gateway/proxy/call/balancing_key.h"

#include <array>

#include "balancers/hash.h"
#include "gateway/keys/request_key.h"

namespace penstock::proxy {

std::optional<std::uint64_t> balancing_key(const conf::Balancer& balancer, const http::RequestHead& head,
                                           const IpAddress& client) {
  using Policy = conf::BalancerPolicy;
  std::array<char, IpAddress::kMaxText> buffer;
  if (balancer.policy == Policy::source_hash) return balancers::hash_key(filters::address_key(client, buffer));
  if (balancer.policy != Policy::consistent_hash && balancer.policy != Policy::maglev) return std::nullopt;
  const std::string_view text = filters::find_key(balancer.key, head, client, buffer);
  if (text.empty()) return std::nullopt;
  return balancers::hash_key(text);
}

std::uint32_t stuck_to(const upstream::Cluster& cluster, const http::RequestHead& head) {
  const auto& sticky = cluster.config().sticky;
  return sticky ? cluster.endpoint_of(filters::find_cookie(head, sticky->cookie)) : balancers::kNoMember;
}

}  // namespace penstock::proxy
