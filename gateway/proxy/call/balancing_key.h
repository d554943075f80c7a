// What a request is told apart by, for the balancers that keep like requests together.
#pragma once

#include <cstdint>
#include <optional>

#include "conf/config.h"
#include "gateway/base/ip.h"
#include "gateway/http/message.h"
#include "gateway/upstream/cluster.h"

namespace penstock::proxy {

/// balancers::Pick::key; nullopt if the policy takes none, or the request has not what it asks for. An address counts
/// as a whole for IPv4, by its /64 for IPv6.
std::optional<std::uint64_t> balancing_key(const conf::Balancer& balancer, const http::RequestHead& head,
                                           const IpAddress& client);

/// The endpoint that the request's sticky cookie names; balancers::kNoMember: it has none, or a void one.
std::uint32_t stuck_to(const upstream::Cluster& cluster, const http::RequestHead& head);

}  // namespace penstock::proxy
