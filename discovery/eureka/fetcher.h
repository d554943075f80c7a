// Keeps up with a Eureka registry: everything once, and then what has changed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "discovery/backoff.h"
#include "discovery/eureka/payload.h"
#include "discovery/log_once.h"
#include "discovery/request_pace.h"
#include "discovery/status_keeper.h"
#include "discovery/url_round.h"
#include "gateway/base/alive.h"
#include "gateway/base/random.h"
#include "gateway/io/http_client.h"

namespace penstock::discovery {

/// One for all services of a registry. A round asks for the delta, and for everything if there is none, if the hash
/// shows that something was missed, or if another server is asked than before. Belongs to the loop's thread.
class EurekaFetcher {
 public:
  struct News {
    std::function<void(bool asked_for)> was_read;  ///< apps() is up to date
    std::function<void(const std::string& why, bool asked_for)> failed;
  };
  /// News come from the loop; the fetcher must outlive their calls.
  EurekaFetcher(const RegistryParts& parts, const conf::Eureka& config, io::HttpClient& http, News news);

  void read_again();
  const EurekaApps& apps() const { return apps_; }
  RegistryStatus status() const;

 private:
  struct Reading;

  void begin_round();
  void ask(bool everything);
  void answered(io::HttpAnswer answer);
  void taken_apart(Reading reading);
  void take_all(EurekaAnswer full);
  void take_delta(EurekaAnswer delta);
  void server_failed(const std::string& why);
  void finish();
  void ask_in(Nanos wanted);

  const RegistryParts parts_;
  const Nanos interval_;
  io::HttpClient& http_;
  const News news_;
  Random random_;
  Backoff backoff_{kNanosPerSecond};  ///< so that a server's return is noticed
  RequestPace pace_;
  LogOnce log_;
  StatusKeeper keeper_;
  UrlRound urls_;
  EurekaApps apps_;
  bool has_all_ = false;        ///< apps_ is the current server's, to which a delta can be added
  bool asked_for_all_ = false;  ///< in the request under way
  bool busy_ = false;           ///< a round is under way
  bool again_ = false;          ///< read_again() was called, and no round was begun since
  bool asked_for_ = false;      ///< the round under way was asked for
  std::unique_ptr<io::HttpRequest> request_;
  Deadline next_ = Deadline::of<&EurekaFetcher::begin_round>(this);
  Alive alive_;
};

}  // namespace penstock::discovery
