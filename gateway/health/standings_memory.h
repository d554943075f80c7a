// Who is out, as bytes that the next process understands: it shall not have to find that out by failing requests.
#pragma once

#include <string>
#include <string_view>

#include "conf/config.h"
#include "gateway/health/standings.h"

namespace penstock::health {

/// Those that are unhealthy or ejected; all others are as good as new.
std::string memory_of(const Standings& standings);

/// Before anything is watched. Each comes as one that has left, and counts as far as this configuration judges by
/// checks, or ejects. `now`: steady, of the same machine. What makes no sense is passed over.
void recall(Standings& standings, std::string_view memory, const conf::Upstream& upstream, Nanos now);

}  // namespace penstock::health
