#include "gateway/cli/upgrade_command.h"

#include <chrono>
#include <cstdio>
#include <thread>

#include "gateway/cli/admin_call.h"

namespace penstock {
namespace {

constexpr std::chrono::seconds kPatience{60};  // longer than the gateway's own
constexpr std::chrono::milliseconds kLookEvery{100};

/// A member of the page /process: a number, or a text without quotes in it.
std::string member(const std::string& page, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  const std::size_t at = page.find(key);
  if (at == std::string::npos) return "";
  const std::size_t begin = page.find_first_not_of(" \"", at + key.size());
  return begin == std::string::npos ? "" : page.substr(begin, page.find_first_of("\",}", begin) - begin);
}

}  // namespace

int run_upgrade(const std::string& admin, const std::string& token) {
  const io::HttpAnswer before = admin_call(admin, token, "GET", "/process");
  if (before.status != 200) return complain(before);
  const io::HttpAnswer begun = admin_call(admin, token, "POST", "/upgrade");
  if (begun.status != 200) return complain(begun);
  const std::string pid = member(before.body, "pid");
  const std::string failed = member(before.body, "upgrades_failed");
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kLookEvery);
    const io::HttpAnswer now = admin_call(admin, token, "GET", "/process");
    if (now.status != 200) continue;  // it is changing hands
    if (member(now.body, "pid") != pid) {
      std::printf("process %s has taken over from %s\n", member(now.body, "pid").c_str(), pid.c_str());
      return 0;
    }
    if (member(now.body, "upgrades_failed") != failed) {
      std::fprintf(stderr, "penstock: process %s serves on: %s\n", pid.c_str(),
                   member(now.body, "last_upgrade_error").c_str());
      return 1;
    }
  }
  std::fprintf(stderr, "penstock: no news of the upgrade at %s\n", admin.c_str());
  return 1;
}

}  // namespace penstock
