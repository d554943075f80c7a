// One check of one endpoint: a connection, and by HTTP a request and the head of its answer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/http/h1_codec.h"
#include "gateway/io/address.h"
#include "gateway/io/stream.h"
#include "gateway/io/tls/target.h"

namespace penstock::io {
class Loop;
}

namespace penstock::health {

/// Where a check goes, and how its connection begins.
struct ProbeTarget {
  // NOLINTNEXTLINE(google-explicit-constructor): most have an address and no more.
  ProbeTarget(const io::SocketAddress& at) : address(at) {}

  io::SocketAddress address;
  io::TlsTarget tls{};
  std::string proxy_header{};  ///< by which we tell that we speak for ourselves; empty: none
};

/// Has one socket while under way, and none else. On the loop's thread. Destroying it ends it at once.
class Probe final : private io::StreamHandler {
 public:
  /// `why` it failed: "connect: Connection refused", "status 503", "no answer within 2000 ms". May destroy the probe.
  using Done = std::function<void(bool passed, const std::string& why)>;

  /// `how` outlives it; its port is heeded, its times but for the timeout are not.
  Probe(io::Loop& loop, const conf::HealthCheck& how, ProbeTarget target, Done done);

  /// `done` follows, never from inside this call. False if there is no socket to be had: the endpoint can't be blamed
  /// for that.
  bool start();

 private:
  void on_connected() override;
  void on_bytes(std::string_view bytes) override;
  void on_eof() override;
  void on_error(int error) override;

  std::string request() const;
  void judge(int status);
  void timed_out();
  void start_again();
  void try_again();
  void finish(bool passed, const std::string& why);

  io::Loop& loop_;
  const conf::HealthCheck& how_;
  const ProbeTarget target_;
  const Done done_;

  // While under way.
  io::StreamPtr stream_;
  Deadline timeout_;
  Deadline again_;                                  ///< when this machine lacked what a connection needs
  std::unique_ptr<http::H1ResponseParser> parser_;  ///< once connected
};

}  // namespace penstock::health
