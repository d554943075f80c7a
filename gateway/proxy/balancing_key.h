// What a request is told apart by, for the balancers that keep like requests together.
#pragma once

#include <cstdint>
#include <optional>

#include "conf/config.h"
#include "gateway/base/ip.h"
#include "gateway/http/message.h"

namespace penstock::proxy {

/// balancers::Pick::key; nullopt if the policy takes none, or the request has not what it asks for. An address counts
/// as a whole for IPv4, by its /64 for IPv6.
std::optional<std::uint64_t> balancing_key(const conf::Balancer& balancer, const http::RequestHead& head,
                                           const IpAddress& client);

}  // namespace penstock::proxy
