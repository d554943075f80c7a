// Who hears of a registry's servers.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "gateway/base/alive.h"

namespace penstock::discovery {

/// What stands between a watch and a registry's servers tells so. Calls come from the loop.
class ServerListener {
 public:
  /// The registry can be asked. `anew`: for the first time, after an outage, or at another server: what was asked
  /// before is cancelled, and everything is to be read again.
  virtual void servers_up(bool anew) = 0;
  /// None of the servers can be asked now. Told once in an outage.
  virtual void servers_down(const std::string& why) = 0;

 protected:
  ~ServerListener() = default;
};

/// What a reader stands behind: the servers themselves, or a login at them.
class ServerSource {
 public:
  virtual void join(ServerListener& listener) = 0;
  virtual void leave(ServerListener& listener) = 0;
  /// False: servers_up() will follow.
  virtual bool ready() const = 0;

 protected:
  ~ServerSource() = default;
};

/// A list of listeners that may change, and be destroyed, while it is gone through.
class ServerListeners {
 public:
  void join(ServerListener& listener) { list_.push_back(&listener); }
  void leave(ServerListener& listener) { std::erase(list_, &listener); }
  bool empty() const { return list_.empty(); }

  void tell(const std::function<void(ServerListener&)>& call) const {
    const Alive::Token here = alive_.token();
    for (ServerListener* listener : std::vector(list_)) {
      if (!here) return;
      if (std::find(list_.begin(), list_.end(), listener) != list_.end()) call(*listener);
    }
  }

 private:
  std::vector<ServerListener*> list_;
  Alive alive_;
};

}  // namespace penstock::discovery
