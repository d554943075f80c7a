#include "gateway/io/listening_socket.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "gateway/io/unsent.h"

namespace penstock::io {
namespace {

void set(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof(on));
}

[[noreturn]] void fail(const char* what, const SocketAddress& address, int fd) {
  constexpr std::uint16_t kFirstForAnybody = 1024;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  const bool low = error == EACCES && address.family() != AF_UNIX && address.port() < kFirstForAnybody;
  throw std::runtime_error(
      std::string(what) + " " + address.text() + ": " + std::strerror(error) +
      (low ? " (ports below 1024 are opened at the start, as root, or with CAP_NET_BIND_SERVICE)" : ""));
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

void ListeningSocket::check_free(const SocketAddress& address) {
  if (address.family() == AF_UNIX || address.port() == 0) return;
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket for", address, fd);
  set(fd, SOL_SOCKET, SO_REUSEADDR);
  if (address.family() == AF_INET6) set(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(fd, address.raw(), address.size()) != 0) fail("bind", address, fd);
  ::close(fd);
}

std::shared_ptr<ListeningSocket> ListeningSocket::open(const SocketAddress& address) {
  return std::make_shared<ListeningSocket>(open_socket(address));
}

std::shared_ptr<ListeningSocket> ListeningSocket::adopt(int fd) {
  auto socket = std::make_shared<ListeningSocket>(fd);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  if (socket->address().family() != AF_UNIX) set(fd, IPPROTO_TCP, TCP_NODELAY);
  return socket;
}

bool ListeningSocket::may_have_siblings() const {
  int on = 0;
  socklen_t size = sizeof(on);
  return address_.family() != AF_UNIX && getsockopt(fd_, SOL_SOCKET, SO_REUSEPORT, &on, &size) == 0 && on != 0;
}

ListeningSocket::ListeningSocket(int fd) : fd_(fd), address_(SocketAddress::local_of(fd)) {
  if (address_.family() != AF_UNIX) bound_unsent(fd);  // what it accepts inherits that
}

ListeningSocket::~ListeningSocket() {
  ::close(fd_);
  if (address_.family() == AF_UNIX && owns_path_)
    ::unlink(reinterpret_cast<const sockaddr_un*>(address_.raw())->sun_path);
}

}  // namespace penstock::io
