// A registry's servers that speak HTTP: which one is asked, whether it is well, and which is when it is not.
//
// Watches ask the server in use. When one of them has reason to doubt it, or nothing was heard of it for a while, it is
// probed; if it is not well, all servers are probed, in rounds, until one is. So an outage costs the registry a few
// small requests a second whatever the number of services, ends within a second of the recovery, and a server that has
// vanished without a word (its queries would wait for minutes) is noticed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "discovery/backoff.h"
#include "discovery/registry.h"
#include "discovery/server_listeners.h"
#include "discovery/status_keeper.h"
#include "gateway/io/http_client.h"

namespace penstock::discovery {

/// Belongs to the control thread; outlives its listeners and what they ask.
class HttpServers final : public ServerSource {
 public:
  /// How a server is seen to be well: a small request, with a path instead of a URL.
  struct Probe {
    io::HttpQuery query;
    std::function<bool(const io::HttpAnswer&)> is_well;
  };
  /// Between two probes of a server that nobody doubts.
  static constexpr Nanos kHeartbeat = 5 * kNanosPerSecond;
  /// A probe that has no answer by then says that the server is not well.
  static constexpr Nanos kProbeTimeout = 3 * kNanosPerSecond;
  /// The longest wait between two rounds: recovery is to be noticed within a second.
  static constexpr Nanos kLongestWait = 800 * kNanosPerMilli;

  /// `urls` are as conf/ reads them, at least one, without a slash at the end; a path in them stands before every
  /// query's.
  HttpServers(const RegistryParts& parts, std::vector<std::string> urls, io::HttpTls tls, Probe probe);
  HttpServers(const HttpServers&) = delete;
  HttpServers& operator=(const HttpServers&) = delete;

  void join(ServerListener& listener) override;
  void leave(ServerListener& listener) override { listeners_.leave(listener); }
  bool ready() const override { return !seeking_; }

  /// Asks the server in use; `query.url` is a path with its query string. An answer that never came makes the server
  /// suspect.
  [[nodiscard]] std::unique_ptr<io::HttpRequest> ask(io::HttpQuery query, io::HttpClient::Done done,
                                                     io::HttpClient::Piece piece = nullptr);
  /// An answer was such that the server may not be well.
  void suspect();
  /// For the status: something is wrong that no answer's status says.
  void note(const std::string& error);

  const RegistryStatus& status() const { return keeper_.status(); }
  std::uint64_t random() { return random_(); }
  io::Loop& loop() { return loop_; }

 private:
  using Then = std::function<void(bool is_well, const std::string& why)>;

  void count(const io::HttpAnswer& answer);
  std::unique_ptr<io::HttpRequest> probe(std::size_t server, Then then);
  void check();
  void seek(const std::string& why);
  void round(bool with_current);
  void was_not_well(std::size_t server, const std::string& why);
  void use(std::size_t server);
  void timer_fired();

  io::Loop& loop_;
  const std::vector<std::string> urls_;
  const Probe probe_;
  std::mt19937_64 random_;
  StatusKeeper keeper_;
  ServerListeners listeners_;
  Backoff backoff_{kLongestWait};

  std::size_t current_ = 0;
  bool seeking_ = false;
  bool told_down_ = false;
  std::set<std::size_t> not_well_;  ///< since seeking began
  Nanos checked_ = 0;               ///< when the server in use was seen to be well last
  io::HttpClient client_;
  std::unique_ptr<io::HttpRequest> check_;
  std::map<std::uint64_t, std::unique_ptr<io::HttpRequest>> probes_;  ///< of the rounds, also earlier ones
  std::uint64_t next_probe_ = 0;
  Deadline timer_;  ///< the next heartbeat, or the next round
};

}  // namespace penstock::discovery
