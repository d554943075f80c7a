// This gateway as a service of a Consul agent, with a check that lives as long as the gateway says so.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "discovery/consul/query.h"
#include "discovery/log_once.h"

namespace penstock::discovery {

/// Registered at the agent in use, and again at another, or when the agent has forgotten it; its TTL check is passed
/// three times in a TTL. An agent that hears nothing for a TTL makes it critical, and takes it out a minute later:
/// Consul knows no shorter time.
class ConsulAnnouncement final : public Announcement, private ServerListener {
 public:
  ConsulAnnouncement(HttpServers& servers, ConsulManners manners, const conf::Announce& what,
                     std::function<void(const std::string&)> log);
  ~ConsulAnnouncement() override;

  void withdraw(std::function<void()> done) override;
  bool stands() const override { return stands_; }

 private:
  void servers_up(bool anew) override;
  void servers_down(const std::string& why) override;
  void fire();
  void enter();
  void pass();
  void entered(const io::HttpAnswer& answer);
  void passed(const io::HttpAnswer& answer);
  void went_wrong(const io::HttpAnswer& answer);
  void withdrawn();

  HttpServers& servers_;
  const ConsulManners manners_;
  const std::string id_;
  const std::string entry_;  ///< what is sent to register it
  const Nanos every_;
  LogOnce log_;
  std::function<void()> done_;  ///< of withdraw()
  bool withdrawing_ = false;
  bool stands_ = false;
  Backoff backoff_{PacedReader::kLongestWait};
  std::unique_ptr<io::HttpRequest> request_;
  Deadline timer_;
};

}  // namespace penstock::discovery
