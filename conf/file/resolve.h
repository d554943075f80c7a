// Between the file as it is written and the configuration as it is used.
#pragma once

#include "conf/describe/draft.h"
#include "conf/problems.h"

namespace penstock::conf {

/// Names of registries, and what only some kinds of them take. `config.registries` are there already.
void check_registries(const Draft& draft, const Config& config, Problems& problems);

/// Looks up names, makes ids, folds overrides in, and checks what no part shows alone.
Config resolve(Draft draft, Problems& problems);

/// The inverse: resolve(to_draft(c)) equals c.
Draft to_draft(const Config& config);

}  // namespace penstock::conf
