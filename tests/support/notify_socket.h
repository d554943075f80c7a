// A service manager, as far as sd_notify(3) goes.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/socket.h"
#include "tests/support/temp_dir.h"

namespace penstock::e2e {

/// Receives on a thread of its own.
class NotifySocket {
 public:
  NotifySocket();
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// "NOTIFY_SOCKET=…", for the environment.
  std::string variable() const { return "NOTIFY_SOCKET=" + path_; }
  /// The messages, once one after the first `skip` has `part` in it; throws TimedOut if none comes.
  std::vector<std::string> wait_for(std::string_view part, std::size_t skip = 0);
  std::size_t count() const;
  /// Those that have `part` in them.
  std::size_t count(std::string_view part) const;

 private:
  void receive();

  TempDir directory_;
  const std::string path_ = directory_.path("notify");
  Fd socket_;
  Fd stop_;
  mutable std::mutex mutex_;
  std::vector<std::string> messages_;
  std::thread thread_;
};

}  // namespace penstock::e2e
