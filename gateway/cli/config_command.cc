#include "gateway/cli/config_command.h"

#include <cstdio>

#include "gateway/base/line_diff.h"
#include "gateway/cli/admin_call.h"
#include "gateway/control/config_store.h"

namespace penstock {
namespace {

int no_version(std::uint64_t number) {
  std::fprintf(stderr, "penstock: there is no version %llu in the state directory\n",
               static_cast<unsigned long long>(number));
  return 1;
}

}  // namespace

int config_history(const std::string& state_dir) {
  const auto versions = ConfigStore(state_dir).list();
  if (versions.empty()) {
    std::fprintf(stderr, "penstock: there are no versions in %s\n",
                 state_dir.empty() ? "the state directory: say --state-dir DIR" : state_dir.c_str());
    return 1;
  }
  for (const ConfigVersion& version : versions)
    std::printf("%6llu  %s\n", static_cast<unsigned long long>(version.number), version.about.c_str());
  return 0;
}

int config_diff(const std::string& state_dir, std::uint64_t from, std::uint64_t to) {
  const ConfigStore store(state_dir);
  const auto a = store.find(from);
  const auto b = store.find(to);
  if (!a) return no_version(from);
  if (!b) return no_version(to);
  std::fputs(line_diff(a->text, b->text).c_str(), stdout);
  return 0;
}

int config_rollback(const std::string& admin, const std::string& token, std::uint64_t version) {
  const io::HttpAnswer answer = admin_call(admin, token, "POST", "/config/rollback?version=" + std::to_string(version));
  if (answer.status != 200) return complain(answer);
  std::fputs(answer.body.c_str(), stdout);
  return 0;
}

}  // namespace penstock
