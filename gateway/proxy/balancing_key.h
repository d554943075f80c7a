// What a request is told apart by, for the balancers that keep like requests together.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "conf/config.h"
#include "gateway/base/ip.h"
#include "gateway/http/message.h"

namespace penstock::proxy {

/// balancers::Pick::key; nullopt if the policy takes none, or the request has not what it asks for. An address counts
/// as a whole for IPv4, by its /64 for IPv6, which is what one subscriber has.
std::optional<std::uint64_t> balancing_key(const conf::Balancer& balancer, const http::RequestHead& head,
                                           const IpAddress& client);

/// The value of the first cookie of that name (RFC 6265 §5.4), without quotes; empty if there is none.
std::string_view find_cookie(const http::RequestHead& head, std::string_view name);

/// The first value of a query parameter as it stands in the query, not decoded; empty if there is none.
std::string_view find_query(std::string_view query, std::string_view name);

}  // namespace penstock::proxy
