// What the operating system counts about this process.
#pragma once

#include <cstdint>

namespace penstock::observe {

/// Zero where /proc could not be read.
struct ProcessStats {
  double cpu_seconds = 0;  ///< user and system, all threads
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;  ///< the soft limit
};

/// Reads /proc/self (proc(5)). Any thread; costs a directory listing of the open descriptors.
ProcessStats read_process_stats();

}  // namespace penstock::observe
