// Between the file as it is written and the configuration as it is used.
#pragma once

#include <vector>

#include "conf/describe/draft.h"
#include "conf/problems.h"

namespace penstock::conf {

/// Names the limits that have no name, and fills in what depends on other keys.
std::vector<Limit> resolve_limits(std::vector<DraftLimit> drafts);
/// The inverse.
std::vector<DraftLimit> to_draft(const std::vector<Limit>& limits);

/// Names of registries, and what only some kinds of them take. `config.registries` are there already.
void check_registries(const Draft& draft, const Config& config, Problems& problems);

/// Looks up names, makes ids, folds overrides in, and checks what no part shows alone.
Config resolve(Draft draft, Problems& problems);

/// The inverse: resolve(to_draft(c)) equals c.
Draft to_draft(const Config& config);

}  // namespace penstock::conf
