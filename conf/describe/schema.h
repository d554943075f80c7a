// Pieces of JSON Schema that shapes have in common.
#pragma once

#include <cstdint>
#include <string>

#include "conf/yaml/json.h"

namespace penstock::conf {

/// RFC 9110 §5.6.2, as a pattern: names of fields and cookies, methods.
inline constexpr const char* kTokenPattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";

/// `anyOf` of two schemas; one that is an anyOf itself is taken apart.
Json either(const Json& a, const Json& b);

/// Schemas that also let a value stand as "${…}", which is not known before the program reads it.
Json or_environment(const Json& schema);
/// `pattern` is an ECMAScript regular expression.
Json text_schema(const std::string& pattern);
Json number_schema(std::uint64_t min, std::uint64_t max);
Json decimal_schema(double min, double max);

}  // namespace penstock::conf
