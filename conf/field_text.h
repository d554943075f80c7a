// What a route may write into header fields: their names, and values with {placeholders}.
#pragma once

#include <string>
#include <string_view>

#include "conf/fields.h"
#include "conf/parsed.h"

namespace penstock::conf {

/// The name of a field that a route may change, as it is written. Those that frame a message or belong to one
/// connection (RFC 9110 §7.6.1, §10.1.1) are refused: what is sent would not be what was decided on. So is Host in
/// requests, for which upstreams have a key.
Parsed<std::string> read_changed_in_request(std::string_view text);
Parsed<std::string> read_changed_in_response(std::string_view text);

/// A field's value with {placeholders}, which may be empty. They are not bound to a route's path yet.
Parsed<TextTemplate> read_field_template(std::string_view text);

}  // namespace penstock::conf
