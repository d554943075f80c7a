// Keeps a RegistryStatus: what was asked, and what came of it. Pages show it: it holds no secrets.
#pragma once

#include <string>
#include <utility>

#include "conf/secrets.h"
#include "discovery/registry.h"

namespace penstock::discovery {

class StatusKeeper {
 public:
  /// Not connected since `now`.
  explicit StatusKeeper(Nanos now) { status_.since = now; }

  void asked() { ++status_.requests; }
  void answered(Nanos now) { set_connected(true, now); }
  /// There was no answer that is of use.
  void failed(Nanos now, const std::string& why) {
    refused(now, why);
    lost(now);
  }
  /// There was an answer, and something is wrong.
  void refused(Nanos now, const std::string& why) {
    ++status_.errors;
    status_.last_error = conf::hide_secrets(why);
    status_.last_error_at = now;
  }
  void lost(Nanos now) { set_connected(false, now); }
  void uses(const std::string& server) { status_.server = conf::hide_secrets(server); }
  const RegistryStatus& status() const { return status_; }

 private:
  void set_connected(bool connected, Nanos now) {
    if (std::exchange(status_.connected, connected) != connected) status_.since = now;
  }

  RegistryStatus status_;
};

}  // namespace penstock::discovery
