// Accepts connections on a loop.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <utility>

#include "gateway/base/deadline_wheel.h"
#include "gateway/io/listening_socket.h"

namespace penstock::io {

class Loop;

/// Owned by its loop's thread. Dropping it stops accepting at once; connections that were accepted live on.
class Listener {
 public:
  /// A non-blocking socket with TCP_NODELAY (inherited by what it accepts), and who it is.
  using Accept = std::function<void(int fd, const PeerAddress& peer)>;
  using AcceptError = std::function<void(int error)>;

  Listener(Loop& loop, std::shared_ptr<ListeningSocket> socket, Accept accept, AcceptError on_error);
  /// Opens a socket of its own: see ListeningSocket::open().
  Listener(Loop& loop, const SocketAddress& address, Accept accept, AcceptError on_error)
      : Listener(loop, ListeningSocket::open(address), std::move(accept), std::move(on_error)) {}
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Takes whatever the kernel has already accepted for us, as the last thing before the listener is dropped.
  void accept_pending() { accept_ready(); }

  /// With the real port where 0 was asked for.
  const SocketAddress& address() const { return socket_->address(); }

 private:
  void begin();
  void accept_ready();
  void back_off();

  Loop& loop_;
  Accept accept_;
  AcceptError on_error_;
  const std::shared_ptr<ListeningSocket> socket_;
  uv_poll_t* poll_;  ///< freed when libuv has closed it
  Deadline retry_;
};

}  // namespace penstock::io
