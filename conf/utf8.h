// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates.
#pragma once

#include <cstddef>
#include <string_view>

namespace penstock::conf {

/// Length in bytes of the sequence at the front of a text that is not empty, 1 … 4; 0 if it is malformed.
std::size_t utf8_sequence(std::string_view text);

/// True for a whole, well-formed text, the empty one too; control characters are allowed here.
bool is_utf8(std::string_view text);

}  // namespace penstock::conf
