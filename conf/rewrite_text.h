// What becomes of a request's path and Host on its way to an upstream.
#pragma once

#include <string>
#include <string_view>

#include "conf/fields.h"
#include "conf/parsed.h"

namespace penstock::conf {

/// The beginning of a path that is taken away: "/api", for which "/api/" may be written. Whole segments, no patterns.
Parsed<std::string> read_strip(std::string_view text);

/// A whole path with {placeholders}: of those, {path}, {rest} and parameters, which are parts of a path. It begins with
/// "/" and has no query, and no dot segment whatever they stand for. They are not bound to a route's path yet.
Parsed<TextTemplate> read_path_template(std::string_view text);

/// "client", "endpoint", or a host with or without a port.
Parsed<UpstreamHost> read_upstream_host(std::string_view text);
std::string format_upstream_host(const UpstreamHost& host);

}  // namespace penstock::conf
