// Consul's blocking queries: ask, wait until something has changed, ask again from there.
// https://developer.hashicorp.com/consul/api-docs/features/blocking
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "discovery/log_once.h"
#include "discovery/paced_reader.h"

namespace penstock::discovery {

/// What is the same for all queries of a registry.
struct ConsulManners {
  bool stale = true;
  std::string datacenter;
  std::string token;
  Nanos wait = 60 * kNanosPerSecond;  ///< a server may add a sixteenth
};

/// Adds the token.
io::HttpQuery consul_request(const ConsulManners& manners, std::string method, std::string path);

/// Keeps the index, and the rules for it.
class ConsulQuery : public PacedReader {
 public:
  /// `log` hears once that the token won't do.
  ConsulQuery(HttpServers& servers, ConsulManners manners, std::string path,
              std::function<void(const std::string&)> log_to);

 protected:
  ~ConsulQuery() = default;
  /// An answer with status 200 or 404. What is wrong with it, or nothing. Must not tell the sink.
  virtual std::optional<std::string> read(const io::HttpAnswer& answer, std::uint64_t index) = 0;
  /// What the last read() brought is to be told now. The last thing in a call: may destroy this.
  virtual void tell() = 0;

  LogOnce log;

 private:
  void ask() final;
  void forget() final { index_ = 0; }
  void answered(const io::HttpAnswer& answer);
  void took(const io::HttpAnswer& answer, std::uint64_t index);
  void refused(const io::HttpAnswer& answer);

  const ConsulManners manners_;
  const std::string path_;
  std::uint64_t index_ = 0;  ///< 0: whatever there is, at once
};

}  // namespace penstock::discovery
