#include "gateway/process/program_start.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace penstock {
namespace {

namespace fs = std::filesystem;

/// sd_listen_fds(3), sd_watchdog_enabled(3), and our own.
constexpr std::array<std::string_view, 5> kOursAlone = {
    "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES=", "WATCHDOG_PID=", "PENSTOCK_UPGRADE="};

std::string program_path(const std::string& called) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (called.find('/') != std::string::npos && fs::equivalent(called, self, error) && !error) {
    return fs::absolute(called, error).string();
  }
  return self.string();
}

}  // namespace

ProgramStart ProgramStart::of_this_process(int argc, char** argv) {
  ProgramStart start;
  start.program = program_path(argv[0]);
  start.arguments.assign(argv, argv + argc);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const auto begins = [&](std::string_view name) { return text.starts_with(name); };
    if (std::none_of(kOursAlone.begin(), kOursAlone.end(), begins)) start.environment.emplace_back(text);
  }
  return start;
}

}  // namespace penstock
