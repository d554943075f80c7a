#include "tests/support/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <tuple>

#include "tests/support/deadline.h"

namespace penstock::e2e {
namespace {

Fd new_socket(const SocketAddress& address) {
  Fd fd(must(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
  const int on = 1;
  // Pieces that a test sends apart shall not be held back by Nagle's algorithm.
  if (address.family() != AF_UNIX) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

int must(int result, const char* what) {
  if (result < 0) throw HarnessError(std::string(what) + ": " + std::strerror(errno));
  return result;
}

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

SocketAddress SocketAddress::ipv4(std::uint16_t port) {
  SocketAddress address;
  auto* in = reinterpret_cast<sockaddr_in*>(&address.storage_);
  in->sin_family = AF_INET;
  in->sin_port = htons(port);
  in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.length_ = sizeof(sockaddr_in);
  return address;
}

SocketAddress SocketAddress::ipv6(std::uint16_t port) {
  SocketAddress address;
  auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage_);
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(port);
  in6->sin6_addr = in6addr_loopback;
  address.length_ = sizeof(sockaddr_in6);
  return address;
}

SocketAddress SocketAddress::unix_path(const std::string& path) {
  SocketAddress address;
  auto* un = reinterpret_cast<sockaddr_un*>(&address.storage_);
  if (path.size() >= sizeof un->sun_path) throw HarnessError("too long for a Unix socket: " + path);
  un->sun_family = AF_UNIX;
  std::memcpy(un->sun_path, path.c_str(), path.size() + 1);
  address.length_ = sizeof(sockaddr_un);
  return address;
}

SocketAddress SocketAddress::of(const Fd& socket) {
  SocketAddress address;
  address.length_ = sizeof address.storage_;
  must(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.storage_), &address.length_), "getsockname");
  return address;
}

SocketAddress SocketAddress::peer_of(const Fd& socket) {
  SocketAddress address;
  address.length_ = sizeof address.storage_;
  must(::getpeername(socket.get(), reinterpret_cast<sockaddr*>(&address.storage_), &address.length_), "getpeername");
  return address;
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  return 0;
}

std::string SocketAddress::text() const {
  if (family() == AF_UNIX) return std::string("unix:") + reinterpret_cast<const sockaddr_un*>(&storage_)->sun_path;
  return (family() == AF_INET ? "127.0.0.1:" : "[::1]:") + std::to_string(port());
}

Fd bind_to(const SocketAddress& address) {
  Fd fd = new_socket(address);
  // A backend that comes back to its address must not wait for connections that have ended. For a port of the system's
  // choice the option is set afterwards: or else it might choose one that another test only holds.
  const int on = 1;
  if (address.port() != 0) must(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
  must(::bind(fd.get(), address.raw(), address.length()), "bind");
  if (address.port() == 0) must(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
  return fd;
}

Fd listen_on(const SocketAddress& address, int backlog) {
  Fd fd = bind_to(address);
  must(::listen(fd.get(), backlog), "listen");
  return fd;
}

Fd connect_to(const SocketAddress& address, int receive_buffer) {
  Fd fd = new_socket(address);
  if (receive_buffer > 0) {
    must(::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer), "SO_RCVBUF");
  }
  if (::connect(fd.get(), address.raw(), address.length()) == 0) return fd;
  if (errno != EINPROGRESS) must(-1, "connect");
  pollfd waiting{fd.get(), POLLOUT, 0};
  if (::poll(&waiting, 1, static_cast<int>(kPatience.count())) != 1) throw TimedOut("connect to " + address.text());
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) throw HarnessError("connect to " + address.text() + ": " + std::strerror(error));
  return fd;
}

SilentPort::SilentPort() : listener_(listen_on(SocketAddress::ipv4(), 0)) {
  const SocketAddress address = SocketAddress::of(listener_);
  for (Fd& filler : fillers_) {
    filler = new_socket(address);
    std::ignore = ::connect(filler.get(), address.raw(), address.length());
  }
}

}  // namespace penstock::e2e
