#include "gateway/deployment/needs_restart.h"

namespace penstock {

std::vector<std::string> needs_restart(const conf::Config& started_with, const conf::Config& now) {
  std::vector<std::string> keys;
  if (now.workers != started_with.workers) keys.push_back("workers");
  if (now.access_log != started_with.access_log) keys.push_back("access_log");
  if (now.admin != started_with.admin) keys.push_back("admin");
  if (now.user != started_with.user) keys.push_back("user");
  if (now.state_dir != started_with.state_dir) keys.push_back("state_dir");
  return keys;
}

}  // namespace penstock
