// What may stand in a file before YAML is asked: UTF-8 without control characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/problems.h"

namespace penstock::conf {

/// The place of the first byte that is no UTF-8 (RFC 3629: no overlong forms, no surrogates) or that YAML does not
/// allow to stand unescaped; nullopt if all is well. Columns count bytes, as the YAML parser does.
std::optional<Mark> first_bad_character(std::string_view text);

}  // namespace penstock::conf
