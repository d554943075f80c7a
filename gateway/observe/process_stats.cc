#include "gateway/observe/process_stats.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace penstock::observe {
namespace {

// proc(5): "pid (comm) state ppid …"; comm may hold spaces and parentheses, so fields count from the last ')'.
void read_stat(ProcessStats& stats) {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t comm_end = text.rfind(')');
  if (comm_end == std::string::npos) return;
  std::istringstream fields(text.substr(comm_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::uint64_t utime_ticks = 0, stime_ticks = 0, vsize_bytes = 0, rss_pages = 0;
  fields >> utime_ticks >> stime_ticks;
  for (int field = 16; field < 23; ++field) fields >> skipped;
  fields >> vsize_bytes >> rss_pages;
  if (!fields) return;
  stats.cpu_seconds = static_cast<double>(utime_ticks + stime_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  stats.virtual_bytes = vsize_bytes;
  stats.resident_bytes = rss_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t count_open_fds() {
  DIR* directory = opendir("/proc/self/fd");
  if (!directory) return 0;
  std::uint64_t entries = 0;
  while (readdir(directory)) ++entries;
  closedir(directory);
  constexpr std::uint64_t kNotOurs = 3;  // ".", ".." and the descriptor of the listing itself
  return entries > kNotOurs ? entries - kNotOurs : 0;
}

}  // namespace

ProcessStats read_process_stats() {
  ProcessStats stats;
  read_stat(stats);
  stats.open_fds = count_open_fds();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_fds = limit.rlim_cur;
  return stats;
}

}  // namespace penstock::observe
