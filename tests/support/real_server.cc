#include "tests/support/real_server.h"

#include <cstdlib>
#include <filesystem>

namespace penstock::e2e {

std::string why_skip(std::initializer_list<std::string> needed) {
  if (std::getenv("CI") != nullptr) return "";
  for (const std::string& each : needed) {
    const bool is_there = each.find('/') == each.npos ? is_installed(each) : std::filesystem::exists(each);
    if (!is_there) return each + " is not installed (./dev setup test installs it where it can be had)";
  }
  return "";
}

bool RealServer::wait_until_it_serves() {
  constexpr milliseconds kToStart{30'000};
  const auto serves_or_ended = [this] {
    if (!process_->is_running()) return true;
    try {
      return serves_();
    } catch (const HarnessError&) {
      return false;  // not yet
    }
  };
  return eventually(serves_or_ended, kToStart) && process_->is_running();
}

void RealServer::start() {
  start_only();
  if (wait_until_it_serves()) return;
  const bool ended = !process_->is_running();
  process_->signal(SIGKILL);
  throw HarnessError(arguments_[0] + (ended ? " has ended: " : " does not serve: ") + process_->err().all() +
                     process_->out().all());
}

}  // namespace penstock::e2e
