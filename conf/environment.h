// ${NAME} and ${NAME:-default} in the values of the file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "conf/parsed.h"

namespace penstock::conf {

/// Looks up a variable; nullopt = not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// The environment of the process.
Environment process_environment();

/// Replaces each ${NAME} by the variable, ${NAME:-default} by the default if the variable is unset or empty (as in a
/// shell), and $$ by one $. A $ before anything else stands for itself. What was put in is not expanded again.
Parsed<std::string> expand(std::string_view text, const Environment& env);

/// The text with each $ doubled, so that expand() gives it back.
std::string escape_environment(std::string_view text);

}  // namespace penstock::conf
