// What a reload can't change.
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"

namespace penstock {

/// The keys at the top level that differ from those that the process was started with, and are heeded at a start only.
std::vector<std::string> needs_restart(const conf::Config& started_with, const conf::Config& now);

}  // namespace penstock
