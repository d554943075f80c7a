// What systemd is told of this process, and what it asks: sd_notify(3), sd_watchdog_enabled(3). Nothing without it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/environment.h"
#include "gateway/base/deadline_wheel.h"

namespace penstock {

/// Owns a datagram socket. Any thread; never waits.
class ServiceManager {
 public:
  /// NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  explicit ServiceManager(const conf::Environment& environment);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  void ready(std::string_view status);
  void reloading();
  void stopping(std::string_view status);
  void status(std::string_view status);
  /// Another process is this service's from now on.
  void main_process(int pid);
  void alive();

  /// How often it must hear alive(), at least; nullopt: it does not ask.
  std::optional<Nanos> watchdog() const { return watchdog_; }

 private:
  void tell(const std::string& message) const;

  int fd_ = -1;  ///< connected; -1: there is nobody to be told
  std::optional<Nanos> watchdog_;
};

}  // namespace penstock
