#include "gateway/io/listener.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "gateway/io/loop.h"

namespace penstock::io {
namespace {

/// Connections accepted in one go, so that a flood of new ones can't starve the old.
constexpr int kAcceptBatch = 64;
/// Pause after the process ran out of descriptors or memory.
constexpr Nanos kBackOff = 100 * kNanosPerMilli;

void set(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof(on));
}

[[noreturn]] void fail(const char* what, const SocketAddress& address, int fd) {
  const int error = errno;
  if (fd >= 0) ::close(fd);
  throw std::runtime_error(std::string(what) + " " + address.text() + ": " + std::strerror(error));
}

int open_socket(const SocketAddress& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket for", address, fd);
  if (address.family() == AF_UNIX) {
    ::unlink(reinterpret_cast<const sockaddr_un*>(address.raw())->sun_path);
  } else {
    set(fd, SOL_SOCKET, SO_REUSEADDR);
    set(fd, SOL_SOCKET, SO_REUSEPORT);
    set(fd, IPPROTO_TCP, TCP_NODELAY);
    if (address.family() == AF_INET6) set(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  }
  if (::bind(fd, address.raw(), address.size()) != 0) fail("bind", address, fd);
  if (::listen(fd, SOMAXCONN) != 0) fail("listen on", address, fd);
  return fd;
}

}  // namespace

void Listener::check_free(const SocketAddress& address) {
  if (address.family() == AF_UNIX || address.port() == 0) return;
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket for", address, fd);
  set(fd, SOL_SOCKET, SO_REUSEADDR);
  if (address.family() == AF_INET6) set(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(fd, address.raw(), address.size()) != 0) fail("bind", address, fd);
  ::close(fd);
}

Listener::Listener(Loop& loop, const SocketAddress& address, Accept accept, AcceptError on_error)
    : loop_(loop),
      accept_(std::move(accept)),
      on_error_(std::move(on_error)),
      fd_(open_socket(address)),
      poll_(new uv_poll_t),
      retry_(
          [](void* self) {
            auto* listener = static_cast<Listener*>(self);
            uv_poll_start(listener->poll_, UV_READABLE,
                          [](uv_poll_t* h, int, int) { static_cast<Listener*>(h->data)->accept_ready(); });
          },
          this) {
  address_ = address.family() == AF_UNIX ? address : SocketAddress::local_of(fd_);
  uv_poll_init(loop_.raw(), poll_, fd_);
  poll_->data = this;
  uv_poll_start(poll_, UV_READABLE, [](uv_poll_t* h, int, int) { static_cast<Listener*>(h->data)->accept_ready(); });
}

Listener::~Listener() {
  uv_close(reinterpret_cast<uv_handle_t*>(poll_), [](uv_handle_t* h) { delete reinterpret_cast<uv_poll_t*>(h); });
  ::close(fd_);
  if (address_.family() == AF_UNIX) ::unlink(reinterpret_cast<const sockaddr_un*>(address_.raw())->sun_path);
}

void Listener::accept_ready() {
  for (int i = 0; i < kAcceptBatch; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
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
