// How many event loops this process can keep busy.
#pragma once

#include <optional>
#include <string_view>

namespace penstock::conf {

/// Cores that the process may run on, or fewer if its container has a CPU quota (cgroup v2). At least 1.
unsigned usable_cores();

/// Cores in the text of a cgroup's cpu.max ("QUOTA PERIOD" in µs, or "max PERIOD"), rounded up; nullopt for no quota.
std::optional<unsigned> quota_cores(std::string_view cpu_max);

}  // namespace penstock::conf
