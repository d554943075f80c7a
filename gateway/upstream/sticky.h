// Sticky sessions: a cookie that says which endpoint a client was first sent to.
//
// Its value is a token of the endpoint, HMAC-SHA256(secret, upstream NUL endpoint id) cut to 128 bits: nobody makes one
// without the secret, it tells nothing of the endpoint, and reading it is one look into a table. A token that is in no
// table, forged, from before a restart, or of an endpoint that is gone, is as good as none.
#pragma once

#include <string>
#include <string_view>

#include "conf/config.h"

namespace penstock::upstream {

/// 22 characters of base64url.
std::string sticky_token(std::string_view secret, std::string_view upstream, std::string_view endpoint);

/// The Set-Cookie field (RFC 6265 §4.1) that gives a client the token.
std::string sticky_cookie(const conf::Sticky& sticky, std::string_view token);

}  // namespace penstock::upstream
