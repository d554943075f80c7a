// What a request is told apart by: finding it in the request.
#pragma once

#include <span>
#include <string_view>

#include "conf/config.h"
#include "gateway/base/ip.h"
#include "gateway/http/message.h"

namespace penstock::filters {

/// The value that the request has for the key; empty if it has none. An address is text: IPv4 as a whole, IPv6 by its
/// /64, which is what one subscriber has. Views into the head, or into `buffer`.
std::string_view find_key(const conf::RequestKey& key, const http::RequestHead& head, const IpAddress& client,
                          std::span<char, IpAddress::kMaxText> buffer);

/// The value of the first cookie of that name (RFC 6265 §5.4), without quotes; empty if there is none.
std::string_view find_cookie(const http::RequestHead& head, std::string_view name);

/// The first value of a query parameter as it stands in the query, not decoded; empty if there is none.
std::string_view find_query(std::string_view query, std::string_view name);

/// The text that stands for a client's address in keys.
std::string_view address_key(const IpAddress& client, std::span<char, IpAddress::kMaxText> buffer);

}  // namespace penstock::filters
