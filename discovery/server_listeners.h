// Who hears of a registry's servers.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

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
  void join(ServerListener& listener) { list_->push_back(&listener); }
  void leave(ServerListener& listener) { std::erase(*list_, &listener); }
  bool empty() const { return list_->empty(); }

  void tell(const std::function<void(ServerListener&)>& call) const {
    const std::weak_ptr<List> alive = list_;
    for (ServerListener* listener : List(*list_)) {
      const auto list = alive.lock();
      if (!list) return;
      if (std::find(list->begin(), list->end(), listener) != list->end()) call(*listener);
    }
  }

 private:
  using List = std::vector<ServerListener*>;
  std::shared_ptr<List> list_ = std::make_shared<List>();
};

}  // namespace penstock::discovery
