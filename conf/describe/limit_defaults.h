// What of limits depends on other keys, and on the other limits in the list.
#pragma once

#include <vector>

#include "conf/limits.h"
#include "conf/problems.h"
#include "conf/yaml/document.h"

namespace penstock::conf {

/// The kind, and what is left out: a burst depends on its rate, a wait on the order. `node` is what the limit was read
/// from.
void complete_limit(Limit& limit, const Node& node, Problems& problems);

/// Names those that have no name: by their kinds, "token_bucket", "token_bucket-2", ….
void name_limits(std::vector<Limit>& limits);

}  // namespace penstock::conf
