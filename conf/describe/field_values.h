// The values of `set` and `add` in a route's `fields`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "conf/describe/shape.h"
#include "conf/fields.h"

namespace penstock::conf {

using FieldValues = std::vector<std::pair<std::string, TextTemplate>>;

enum class Lists { refused, allowed };

/// A map from names, each once in whatever case, to values; a name may have a list of them, where that is allowed, and
/// then stands in the result as often.
ShapeOf<FieldValues> field_values(ShapeOf<std::string> name, Lists lists);

}  // namespace penstock::conf
