// Texts with placeholders, for a request.
#pragma once

#include <string>

#include "conf/text_template.h"
#include "gateway/filters/filter.h"

namespace penstock::filters {

/// Appends what the text says for this request. Parts of the request stand as the client has sent them; they were
/// checked when it was read, so that none can break out of a field's line.
void expand(const conf::TextTemplate& text, const Scope& scope, std::string& out);

}  // namespace penstock::filters
