// Consul's blocking queries: ask, wait until something has changed, ask again from there.
// https://developer.hashicorp.com/consul/api-docs/features/blocking
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "discovery/log_once.h"
#include "discovery/paced_reader.h"
#include "gateway/io/background.h"

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

/// Keeps the index, and the rules for it. Long answers are read in the background, and come less often.
class ConsulQuery : public PacedReader {
 public:
  /// `log` hears once that the token won't do.
  ConsulQuery(HttpServers& servers, ConsulManners manners, std::string path,
              std::function<void(const std::string&)> log_to);

 protected:
  ~ConsulQuery() = default;
  /// Makes what was read of an answer what is known. What is wrong with it, or nothing. Must not tell the sink.
  using Take = std::function<std::optional<std::string>()>;
  /// Reads an answer with status 200 or 404, on any thread: it may not touch the query. Its Take may, and is called on
  /// the control thread, as long as the query is there.
  using Reader = std::function<Take(const io::HttpAnswer& answer, std::uint64_t index)>;
  virtual Reader reader() = 0;
  /// What was taken last is to be told now. The last thing in a call: may destroy this.
  virtual void tell() = 0;

  LogOnce log;

 private:
  void ask() final;
  void forget() final {
    index_ = 0;
    reading_.reset();
  }
  void answered(io::HttpAnswer answer);
  void read_in_background(io::HttpAnswer answer, std::uint64_t index);
  void take(const io::HttpAnswer& answer, std::uint64_t index, const Take& what, Nanos rest);
  void refused(const io::HttpAnswer& answer);

  const ConsulManners manners_;
  const std::string path_;
  std::uint64_t index_ = 0;  ///< 0: whatever there is, at once
  std::unique_ptr<io::BackgroundJob> reading_;
};

}  // namespace penstock::discovery
