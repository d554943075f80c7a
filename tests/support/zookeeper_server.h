// A real ZooKeeper server, alone, on a free port of the loopback.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/real_server.h"
#include "tests/support/socket.h"
#include "tests/support/temp_dir.h"

namespace penstock::e2e {

/// Runs from construction to destruction. Sessions last as long as they ask for, from 200 ms to a minute.
class ZooKeeperServer {
 public:
  /// See why_skip() in real_server.h. Needs Debian's packages zookeeper and a Java runtime.
  static std::string why_skip();

  /// Returns when it serves.
  ZooKeeperServer();

  std::uint16_t port() const { return port_.number(); }
  std::string address() const { return port_.address(); }

  void kill() { server_->kill(); }
  /// On the same port, with the same data. Returns when it serves.
  void start() { server_->start(); }
  /// The same, but with nothing in it, as after the loss of its disk.
  void start_empty();
  void stop_clock() { server_->freeze(); }
  void continue_clock() { server_->thaw(); }

 private:
  bool serves() const;

  TempDir directory_;
  const RefusedPort port_;  ///< kept while it is dead, too
  std::unique_ptr<RealServer> server_;
};

}  // namespace penstock::e2e
