// The patterns that routes match paths with: "/exact", "/prefix/*", "/users/{id}/orders".
#pragma once

#include <string>
#include <string_view>

#include "conf/parsed.h"

namespace penstock::conf {

/// Checks a pattern and gives it back. What can never stand in a path is refused: "?", "#", spaces, dot segments,
/// broken percent-encoding.
Parsed<std::string> read_path_pattern(std::string_view text);

/// What is wrong with a path that is no pattern; empty if nothing is.
std::string problem_of_path(std::string_view path);

/// False if no path that the pattern matches begins with these segments: `beginning` is a path that is no pattern and
/// does not end with "/". A pattern that is empty matches any path.
bool may_begin_with(std::string_view pattern, std::string_view beginning);

/// One spelling of the pattern for all that match the same paths: parameters have no name, runs of "/" are one, and
/// what need not be percent-encoded is not ("%2F" must be: it is part of a segment).
std::string path_pattern_identity(std::string_view pattern);

}  // namespace penstock::conf
