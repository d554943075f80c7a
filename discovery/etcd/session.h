// etcd's servers, and a login at them: a token that goes with every request, made anew when it expires.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "discovery/http_servers.h"
#include "discovery/log_once.h"

namespace penstock::discovery {

/// Belongs to the control thread; outlives who asks. Without credentials it only passes on what HttpServers tells.
class EtcdSession final : public ServerSource, private ServerListener {
 public:
  EtcdSession(HttpServers& servers, std::optional<conf::Credentials> auth, std::function<void(const std::string&)> log);
  ~EtcdSession();
  EtcdSession(const EtcdSession&) = delete;
  EtcdSession& operator=(const EtcdSession&) = delete;

  void join(ServerListener& listener) override { listeners_.join(listener); }
  void leave(ServerListener& listener) override { listeners_.leave(listener); }
  bool ready() const override { return servers_.ready() && (!auth_ || !token_.empty()); }

  /// POST of `body` to `path`, as whoever is logged in.
  io::HttpQuery query(std::string path, std::string body) const;
  /// Whether the answer says that the token is none (any more). Then a new one is got, and servers_up() follows.
  bool login_is_void(const io::HttpAnswer& answer);

  HttpServers& servers() { return servers_; }

 private:
  void servers_up(bool anew) override;
  void servers_down(const std::string& why) override;
  void log_in();
  void answered(const io::HttpAnswer& answer);

  HttpServers& servers_;
  const std::optional<conf::Credentials> auth_;
  LogOnce log_;
  std::string token_;
  bool anew_ = false;  ///< what those who wait for the token are told when it is there
  ServerListeners listeners_;
  Backoff backoff_{5 * kNanosPerSecond};
  std::unique_ptr<io::HttpRequest> request_;
  Deadline timer_;
};

}  // namespace penstock::discovery
