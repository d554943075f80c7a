// Request targets (RFC 9112 §3.2) and authorities (RFC 3986 §3.2).
#pragma once

#include <string>
#include <string_view>

#include "gateway/base/error.h"
#include "gateway/http/message.h"

namespace penstock::http {

/// Fills authority, path, query and has_query from head.target and the Host field's value (`host`; null if absent).
///
/// The path is what the backend will get, and so what routes must judge: dot segments, encoded ones too, are resolved
/// (RFC 3986 §5.2.4) into `scratch`; everything else stays as it was sent. Returns why the target is refused, or
/// nullptr.
const char* parse_target(RequestHead& head, const std::string_view* host, std::string& scratch);

/// host[:port], where host is a name, an IPv4 address or a bracketed IPv6 address; no user information.
bool is_authority(std::string_view text);
/// Without the port.
std::string_view host_of(std::string_view authority);

}  // namespace penstock::http
