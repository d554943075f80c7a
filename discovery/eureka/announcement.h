// This gateway as an instance in a Eureka registry.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "discovery/backoff.h"
#include "discovery/log_once.h"
#include "discovery/registry.h"
#include "discovery/url_round.h"
#include "gateway/base/random.h"
#include "gateway/io/http_client.h"

namespace penstock::discovery {

/// Registers, renews each third of the TTL, and registers again if the server knows nothing of it. The next server is
/// asked when one fails: they tell each other.
class EurekaAnnouncement final : public Announcement {
 public:
  EurekaAnnouncement(const RegistryParts& parts, const conf::Eureka& config, io::HttpClient& http, conf::Announce what);

  void withdraw(std::function<void()> done) override;
  bool stands() const override;

 private:
  io::HttpQuery query(const char* method, const std::string& path) const;
  void step();
  void answered(const io::HttpAnswer& answer);
  void failed(const std::string& why);
  void take_out();
  void withdrawn();

  const RegistryParts parts_;
  const conf::Announce what_;
  const Nanos ttl_;
  io::HttpClient& http_;
  Random random_;
  Backoff backoff_{kNanosPerSecond};
  LogOnce log_;
  UrlRound urls_;
  bool registered_ = false;
  Nanos renewed_at_ = 0;
  std::function<void()> withdrawn_;  ///< set once it is to be taken out
  std::unique_ptr<io::HttpRequest> request_;
  Deadline next_ = Deadline::of<&EurekaAnnouncement::step>(this);
};

}  // namespace penstock::discovery
