// What holds for every instance that a registry's answer is read as.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "discovery/registry.h"

namespace penstock::discovery {

inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

inline void check(const Instance& instance) {
  must(!instance.host.empty() && instance.host.size() <= 255, "a host that is none");
  must(instance.host.find_first_of(" /[]\r\n") == std::string::npos, "a host with something else in it");
  must(instance.port != 0, "a port that is none");
  must(instance.weight >= 1 && instance.weight <= 65'535, "a weight out of its range");
  must(instance.priority <= 127, "a priority out of its range");
  must(std::is_sorted(instance.metadata.begin(), instance.metadata.end()), "metadata that is not sorted");
}

}  // namespace penstock::discovery
