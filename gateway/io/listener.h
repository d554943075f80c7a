// A listening socket on a loop.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>

#include "gateway/base/deadline_wheel.h"
#include "gateway/io/address.h"

namespace penstock::io {

class Loop;

/// Owned by its loop's thread. Dropping it stops listening at once; connections that were accepted live on.
class Listener {
 public:
  /// A non-blocking socket with TCP_NODELAY (inherited by what it accepts), and who it is.
  using Accept = std::function<void(int fd, const PeerAddress& peer)>;
  using AcceptError = std::function<void(int error)>;

  /// Throws std::runtime_error ("bind 127.0.0.1:80: Permission denied") if the address is not to be had.
  /// Several listeners of one process may share an address (SO_REUSEPORT): the kernel spreads connections over them.
  Listener(Loop& loop, const SocketAddress& address, Accept accept, AcceptError on_error);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Throws if another process listens there already: SO_REUSEPORT would share its connections in silence.
  static void check_free(const SocketAddress& address);

  /// Takes whatever the kernel has already accepted for us, as the last thing before the listener is dropped.
  void accept_pending() { accept_ready(); }

  /// With the real port where 0 was asked for.
  const SocketAddress& address() const { return address_; }

 private:
  void accept_ready();
  void back_off();

  Loop& loop_;
  Accept accept_;
  AcceptError on_error_;
  SocketAddress address_;
  int fd_ = -1;
  uv_poll_t* poll_;  ///< freed when libuv has closed it
  Deadline retry_;
};

}  // namespace penstock::io
