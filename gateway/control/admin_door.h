// The admin listener of a gateway: the socket, which goes from process to process, who may come in, and the server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "conf/config.h"
#include "gateway/admin/guard.h"
#include "gateway/admin/server.h"
#include "gateway/io/loop.h"
#include "gateway/io/tls/context.h"
#include "gateway/process/inheritance.h"

namespace penstock {

/// Belongs to the control thread.
class AdminDoor {
 public:
  /// nullopt: there is none, and nothing is ever opened. It stays as it was at the start of the process.
  AdminDoor(io::Loop& loop, const std::optional<conf::Admin>& config);

  /// From the process before, or bound. Throws std::runtime_error if the address is not to be had.
  void take_socket(Inheritance& inheritance);
  /// New connections are encrypted by this from now on; null: not at all. Also while it is closed.
  void encrypt(io::ServerTlsPtr tls);
  /// `serve` is asked for whoever may come in.
  void open(admin::Server::Serve serve);
  /// Nothing more is accepted; who has asked already gets an answer. The socket stays, for open() or the next process.
  void close();
  /// The socket is the next process's alone.
  void leave_socket() { socket_.reset(); }

  const std::optional<conf::Admin>& config() const { return config_; }
  const std::optional<HandedSocket>& socket() const { return socket_; }
  const io::ServerTlsPtr& tls() const { return tls_; }
  /// Requests that had no right to come in.
  std::uint64_t refused() const { return guard_ ? guard_->refused() : 0; }

 private:
  io::Loop& loop_;
  const std::optional<conf::Admin> config_;
  const std::unique_ptr<admin::Guard> guard_;
  std::optional<HandedSocket> socket_;
  io::ServerTlsPtr tls_;
  std::unique_ptr<admin::Server> server_;   ///< null: closed
  std::unique_ptr<admin::Server> retired_;  ///< ends what it has begun to answer
};

}  // namespace penstock
