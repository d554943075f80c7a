#include "gateway/io/listener.h"

#include <sys/socket.h>

#include <cerrno>

#include "gateway/io/loop.h"

namespace penstock::io {
namespace {

/// Connections accepted in one go, so that a flood of new ones can't starve the old.
constexpr int kAcceptBatch = 64;
/// Pause after the process ran out of descriptors or memory.
constexpr Nanos kBackOff = 100 * kNanosPerMilli;

}  // namespace

Listener::Listener(Loop& loop, std::shared_ptr<ListeningSocket> socket, Accept accept, AcceptError on_error)
    : loop_(loop),
      accept_(std::move(accept)),
      on_error_(std::move(on_error)),
      socket_(std::move(socket)),
      poll_(new uv_poll_t),
      retry_(Deadline::of<&Listener::begin>(this)) {
  uv_poll_init(loop_.raw(), poll_, socket_->fd());
  poll_->data = this;
  begin();
}

Listener::~Listener() {
  uv_close(reinterpret_cast<uv_handle_t*>(poll_), [](uv_handle_t* h) { delete reinterpret_cast<uv_poll_t*>(h); });
}

void Listener::begin() {
  uv_poll_start(poll_, UV_READABLE, [](uv_poll_t* h, int, int) { static_cast<Listener*>(h->data)->accept_ready(); });
}

void Listener::accept_ready() {
  loop_.assert_here();
  for (int i = 0; i < kAcceptBatch; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    const int fd = ::accept4(socket_->fd(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      accept_(fd, PeerAddress::from(peer));
      continue;
    }
    if (errno == EAGAIN) return;
    if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
    on_error_(errno);
    back_off();
    return;
  }
}

void Listener::back_off() {
  uv_poll_stop(poll_);
  loop_.arm(retry_, kBackOff);
}

}  // namespace penstock::io
