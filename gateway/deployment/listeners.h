// The listening sockets of the process, over reloads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "gateway/base/siphash.h"
#include "gateway/deployment/tls_loading.h"
#include "gateway/io/listening_socket.h"
#include "gateway/process/inheritance.h"
#include "gateway/proxy/client/connection_counts.h"
#include "gateway/worker/worker.h"

namespace penstock {

/// Belongs to the control thread. Each worker has a socket of its own for each address, and the kernel spreads
/// connections over them; a Unix socket can't be shared so, and is the first worker's. Of sockets that were handed to
/// this process there may be more than workers, and a worker has several; or fewer, and workers share them.
class Listeners {
 public:
  /// `key`: a secret, for the tables of clients.
  Listeners(std::vector<std::unique_ptr<Worker>>& workers, const SipKey& key) : workers_(workers), key_(key) {}

  /// Sockets that another configuration needs, and that are not there yet. Nothing is accepted on them before adopt().
  class Prepared {
   public:
    std::set<std::string> names() const;

   private:
    friend class Listeners;
    std::map<std::string, std::vector<HandedSocket>> fresh_;
  };
  /// Throws std::runtime_error if an address is not to be had; then nothing has changed. What is in `inherited` for
  /// this configuration is taken from there.
  Prepared prepare(const conf::Config& config, Inheritance& inherited) const;
  struct Fresh {
    io::SocketAddress address;  ///< with the real port
    bool encrypted;
  };
  /// Opens, changes and closes listeners so that they are those of the configuration. Connections of those that are
  /// closed get config.drain_timeout. Returns the new ones, in the order of the file.
  std::vector<Fresh> adopt(Prepared prepared, const conf::Config& config, const TlsContexts& tls);
  /// New connections of a listener (by its place in the file) are encrypted by this from now on.
  void change_tls(std::size_t index, io::ServerTlsPtr tls);

  /// What the metrics tell of encrypted ones.
  struct Encrypted {
    io::SocketAddress address;
    const proxy::ListenerParts& parts;
    std::uint64_t reloads_succeeded, reloads_failed;  ///< of certificates that changed on disk
  };
  std::vector<Encrypted> encrypted() const;
  /// Certificates have changed on disk, to something that can't be used.
  void count_refused_tls(std::size_t index);

  /// All that are open, for the next process; they stay open here.
  std::vector<HandedSocket> sockets() const;
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
    proxy::ListenerParts parts;
    std::vector<HandedSocket> sockets;
    std::uint64_t tls_reloads_succeeded = 0;
    std::uint64_t tls_reloads_failed = 0;
    proxy::ConnectionCounts::Refused told{};  ///< of the connections that were refused
  };
  Open* at(std::size_t index);
  void set_parts(Open& open, proxy::ListenerParts parts);
  void grow(std::vector<HandedSocket>& sockets) const;
  void listen(const Open& open);

  std::vector<std::unique_ptr<Worker>>& workers_;
  const SipKey key_;
  std::map<std::string, Open> open_;  ///< by name
  std::vector<std::string> names_;    ///< in the order of the file
  std::uint32_t next_number_ = 0;
};

}  // namespace penstock
