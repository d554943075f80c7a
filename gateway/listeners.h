// The listening sockets of the process, over reloads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "gateway/base/siphash.h"
#include "gateway/io/listening_socket.h"
#include "gateway/proxy/connection_counts.h"
#include "gateway/worker.h"

namespace penstock {

/// Belongs to the control thread. Each worker has a socket of its own for each address, and the kernel spreads
/// connections over them; a Unix socket can't be shared so, and is the first worker's.
class Listeners {
 public:
  /// `key`: a secret, for the tables of clients.
  Listeners(std::vector<std::unique_ptr<Worker>>& workers, const SipKey& key) : workers_(workers), key_(key) {}

  /// Sockets that another configuration needs, and that are not there yet. Nothing is accepted on them before adopt().
  class Prepared {
   private:
    friend class Listeners;
    std::map<std::string, std::vector<std::shared_ptr<io::ListeningSocket>>> fresh_;
  };
  /// Throws std::runtime_error if an address is not to be had; then nothing has changed.
  Prepared prepare(const conf::Config& config) const;
  /// Opens, changes and closes listeners so that they are those of the configuration. Connections of those that are
  /// closed get config.drain_timeout. Returns the real addresses of the new ones, in the order of the file.
  std::vector<io::SocketAddress> adopt(Prepared prepared, const conf::Config& config);

  /// Whether any bounds its connections.
  bool bounded() const;
  /// One line for each listener that has refused connections since the last call. The control thread asks once a
  /// second: a flood must not flood the log.
  std::vector<std::string> refusals();

  /// The sockets are the workers' alone from now on, and close when these are done with them.
  void let_go() { open_.clear(); }

 private:
  struct Open {
    std::uint32_t number;
    conf::Listener config;
    std::vector<std::shared_ptr<io::ListeningSocket>> sockets;
    std::shared_ptr<proxy::ConnectionCounts> counts;
    proxy::ConnectionCounts::Refused told{};  ///< of what was refused
  };

  std::vector<std::unique_ptr<Worker>>& workers_;
  const SipKey key_;
  std::map<std::string, Open> open_;  ///< by name_of()
  std::uint32_t next_number_ = 0;
};

}  // namespace penstock
