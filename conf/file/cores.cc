#include "conf/file/cores.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace penstock::conf {
namespace {

unsigned cores_by_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // Fails with more than 1024 cores; then all of them count.
  if (sched_getaffinity(0, sizeof set, &set) != 0) return std::thread::hardware_concurrency();
  return static_cast<unsigned>(CPU_COUNT(&set));
}

}  // namespace

std::optional<unsigned> quota_cores(std::string_view cpu_max) {
  std::istringstream in{std::string(cpu_max)};
  long long quota = 0, period = 0;
  if (!(in >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  constexpr long long kMost = 1024;
  return static_cast<unsigned>(std::min((quota - 1) / period + 1, kMost));
}

unsigned usable_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string line;
  std::getline(file, line);
  const unsigned cores = std::clamp(cores_by_affinity(), 1u, 1024u);
  return std::min(cores, quota_cores(line).value_or(cores));
}

}  // namespace penstock::conf
