// What requests are told apart by: "client_ip", "path", "header:NAME", "cookie:NAME", "query:NAME". How it is written:
// RequestKey::text().
#pragma once

#include <string_view>

#include "conf/config.h"
#include "conf/parsed.h"

namespace penstock::conf {

/// A header's name is made lower case. Names are RFC 9110 tokens.
Parsed<RequestKey> parse_request_key(std::string_view text);

}  // namespace penstock::conf
