#include "gateway/process/service_manager.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <ctime>

#include "gateway/base/number_text.h"

namespace penstock {
namespace {

std::optional<std::uint64_t> number(const std::optional<std::string>& text) {
  return text ? read_number(*text) : std::nullopt;
}

/// A path, or "@name" in the abstract namespace. -1 if there is no such socket.
int connect_to(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || name.size() >= sizeof(address.sun_path) || (name[0] != '/' && name[0] != '@')) return -1;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) return fd;
  ::close(fd);
  return -1;
}

/// CLOCK_MONOTONIC, by which systemd tells whether READY=1 is of this reload.
std::string monotonic_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

ServiceManager::ServiceManager(const conf::Environment& environment) {
  const std::string name = environment("NOTIFY_SOCKET").value_or("");
  if (name.empty()) return;
  fd_ = connect_to(name);
  if (fd_ < 0) {
    spdlog::warn("the service manager can't be told anything: there is nobody at {}", name);
    return;
  }
  const auto wanted_us = number(environment("WATCHDOG_USEC"));
  const auto pid = number(environment("WATCHDOG_PID"));
  const bool for_us = !pid || *pid == static_cast<std::uint64_t>(::getpid());
  if (wanted_us && *wanted_us > 0 && for_us) watchdog_ = *wanted_us * (kNanosPerMilli / 1000);
}

ServiceManager::~ServiceManager() {
  if (fd_ >= 0) ::close(fd_);
}

void ServiceManager::ready(std::string_view status) {
  tell("READY=1\nSTATUS=" + std::string(status));
}

void ServiceManager::reloading() {
  tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_us() + "\nSTATUS=loading the configuration anew");
}

void ServiceManager::stopping(std::string_view status) {
  tell("STOPPING=1\nSTATUS=" + std::string(status));
}

void ServiceManager::status(std::string_view status) {
  tell("STATUS=" + std::string(status));
}

/// With a sign of life: those of the new process are heeded only from now on.
void ServiceManager::main_process(int pid) {
  tell("MAINPID=" + std::to_string(pid) + (watchdog_ ? "\nWATCHDOG=1" : ""));
}

void ServiceManager::alive() {
  tell("WATCHDOG=1");
}

void ServiceManager::tell(const std::string& message) const {
  if (fd_ < 0) return;
  if (::send(fd_, message.data(), message.size(), MSG_NOSIGNAL) < 0) {
    spdlog::warn("the service manager can't be told anything: {}", std::strerror(errno));
  }
}

}  // namespace penstock
