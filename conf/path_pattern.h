// The patterns that routes match paths with: "/exact", "/prefix/*", "/users/{id}/orders".
#pragma once

#include <string>
#include <string_view>

#include "conf/parsed.h"

namespace penstock::conf {

/// Checks a pattern and gives it back. It is compared with the path as it stands in the request, so what can never
/// stand there is refused: "?", "#", spaces, dot segments, broken percent-encoding.
Parsed<std::string> read_path_pattern(std::string_view text);

/// The pattern with its parameters nameless: two patterns match the same paths if and only if these are equal.
std::string path_pattern_identity(std::string_view pattern);

}  // namespace penstock::conf
