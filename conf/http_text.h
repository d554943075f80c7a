// Reads the texts of the file that become part of HTTP messages, or are compared with them.
#pragma once

#include <string>
#include <string_view>

#include "conf/config.h"
#include "conf/parsed.h"

namespace penstock::conf {

/// RFC 9110 §5.6.2.
bool is_token(std::string_view text);

/// A method, made upper case. CONNECT is refused: the gateway does not tunnel to where the client says.
Parsed<std::string> read_method(std::string_view text);
/// A field name, made lower case.
Parsed<std::string> read_field_name(std::string_view text);
/// RFC 9110 §5.5: no control characters but tab, no white space around it. May be empty.
Parsed<std::string> read_field_value(std::string_view text);
Parsed<std::string> read_query_name(std::string_view text);
Parsed<std::string> read_any(std::string_view text);
/// "type/subtype" with whatever parameters.
Parsed<std::string> read_content_type(std::string_view text);
/// "api.example.com", "*.example.com", an IPv4 literal, or an IPv6 literal in brackets; made lower case. No port.
Parsed<std::string> read_host_pattern(std::string_view text);
/// A Location with {scheme} {host} {path} {query} {uri}: a path or an absolute http(s) URL, in visible ASCII.
Parsed<std::string> read_redirect_target(std::string_view text);
/// RFC 6265 §4.1.1: a token.
Parsed<std::string> read_cookie_name(std::string_view text);
/// A cookie's Path: begins with "/", visible ASCII without ";".
Parsed<std::string> read_cookie_path(std::string_view text);
/// What a health check asks for: a path, with or without a query, in visible ASCII.
Parsed<std::string> read_check_path(std::string_view text);
/// A Host field: a host name, an IPv4 literal or an IPv6 literal in brackets, with or without a port.
Parsed<std::string> read_host_field(std::string_view text);
/// "200", "2xx" or "200-399"; 200 … 599.
Parsed<StatusRange> read_status_range(std::string_view text);
/// "200" or "200-399".
std::string format_status_range(const StatusRange& range);
/// Up to 128 letters, digits and "._/-", the first a letter or a digit.
Parsed<std::string> read_name(std::string_view text);

}  // namespace penstock::conf
