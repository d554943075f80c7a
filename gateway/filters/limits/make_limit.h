// The one place that knows all kinds of limits.
#pragma once

#include <memory>
#include <string>

#include "conf/config.h"
#include "gateway/base/siphash.h"
#include "gateway/filters/limits/limit.h"

namespace penstock::filters {

/// `where`: as for Limit. `key`: of the hash of the requests' keys; secret, and the same as before for a limit that is
/// to learn from the one before.
std::unique_ptr<Limit> make_limit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key);

}  // namespace penstock::filters
