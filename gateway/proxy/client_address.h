// Who the client really is, behind other proxies.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "gateway/base/ip.h"

namespace penstock::proxy {

/// More entries than this of X-Forwarded-For are not looked at: no real chain of proxies is that long.
inline constexpr std::size_t kMaxForwardedEntries = 100;

/// The address of the client that sent a request.
///
/// If `peer`, who holds the connection, is not in `trusted`, it is the client, whatever it claims. Otherwise
/// X-Forwarded-For is walked from the right, where each proxy has added whom it heard the request from: past trusted
/// addresses to the first that is not. What stands left of that one is only hearsay. If all are trusted it is the
/// leftmost; an entry that is no address ends the walk at the one right of it.
///
/// `forwarded_for` are the values of the X-Forwarded-For fields in the order received. An entry may have a port
/// ("192.0.2.1:4711", "[2001:db8::1]:4711"), which is ignored. Looks at none of it if `trusted` is empty.
IpAddress client_address(const IpAddress& peer, std::span<const std::string_view> forwarded_for,
                         const CidrSet& trusted);

}  // namespace penstock::proxy
