// A socket that listens: opened here, or handed down by the process before or by the system.
#pragma once

#include <atomic>
#include <memory>

#include "gateway/io/address.h"

namespace penstock::io {

/// Owns the descriptor. Shared by the thread that accepts on it and the one that opened it: connections that wait in
/// its queue are lost only when both have let go.
class ListeningSocket {
 public:
  /// Throws std::runtime_error ("bind 127.0.0.1:80: Permission denied") if the address is not to be had.
  /// Several sockets of one process may share an address (SO_REUSEPORT): the kernel spreads connections over them.
  static std::shared_ptr<ListeningSocket> open(const SocketAddress& address);
  /// Takes over a descriptor that listens already, and makes it fit for us (not blocking, closed on exec).
  static std::shared_ptr<ListeningSocket> adopt(int fd);
  /// See open() and adopt().
  explicit ListeningSocket(int fd);
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  /// Throws if another process listens there already: SO_REUSEPORT would share its connections in silence.
  static void check_free(const SocketAddress& address);

  int fd() const { return fd_; }
  /// Whether more sockets may be opened for its address, of which the kernel gives each its part (SO_REUSEPORT).
  bool may_have_siblings() const;
  /// A Unix socket's path goes with it unless this is called: another process listens there. Any thread.
  void leave_path() { owns_path_ = false; }
  void own_path() { owns_path_ = true; }
  /// With the real port where 0 was asked for.
  const SocketAddress& address() const { return address_; }

 private:
  const int fd_;
  const SocketAddress address_;
  std::atomic<bool> owns_path_{true};
};

}  // namespace penstock::io
