// This gateway as a key of etcd's, bound to a lease that lives as long as the gateway says so.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "discovery/etcd/session.h"
#include "discovery/log_once.h"
#include "discovery/paced_reader.h"

namespace penstock::discovery {

/// The lease is kept alive three times in a TTL, and made again with the key when it is gone. Whole seconds; a server
/// raises a TTL below its election timeout.
class EtcdAnnouncement final : public Announcement, private ServerListener {
 public:
  EtcdAnnouncement(EtcdSession& session, const std::string& prefix, const conf::Announce& what,
                   std::function<void(const std::string&)> log);
  ~EtcdAnnouncement() override;

  void withdraw(std::function<void()> done) override;
  bool stands() const override { return stands_; }

 private:
  using Then = void (EtcdAnnouncement::*)(const io::HttpAnswer& answer);

  void servers_up(bool anew) override;
  void servers_down(const std::string& why) override;
  void fire();
  void ask(const char* path, std::string body, Then then);
  void keep_alive();
  void granted(const io::HttpAnswer& answer);
  void put(const io::HttpAnswer& answer);
  void kept_alive(const io::HttpAnswer& answer);
  void went_wrong(const io::HttpAnswer& answer);
  void withdrawn();

  EtcdSession& session_;
  HttpServers& servers_;
  const std::string key_;
  const std::string value_;
  const std::uint64_t ttl_;  ///< seconds
  LogOnce log_;
  std::string lease_;  ///< empty: none; etcd's number, which is too large for a double
  std::function<void()> done_;
  bool withdrawing_ = false;
  bool stands_ = false;
  Backoff backoff_{PacedReader::kLongestWait};
  std::unique_ptr<io::HttpRequest> request_;
  Deadline timer_;
};

}  // namespace penstock::discovery
