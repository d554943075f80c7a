// Where a redirect leads.
#pragma once

#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace penstock::proxy {

/// Replaces {scheme}, {host} (with its port), {path}, {query} and {uri} (path and query) by the request's. Other braces
/// stay. A path that begins the result has one slash in front, however many were sent. The parts have been checked when
/// the request was parsed: none can break out of a header line.
std::string expand_redirect(std::string_view to, std::string_view scheme, const http::RequestHead& head);

}  // namespace penstock::proxy
