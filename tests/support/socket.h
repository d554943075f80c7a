// Plain POSIX sockets: the little that clients and backends of the tests share.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <utility>

namespace penstock::e2e {

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { close(); }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

/// Throws HarnessError with errno's text if `result` is negative, else returns it.
int must(int result, const char* what);

/// Where to listen or connect. Loopback only.
class SocketAddress {
 public:
  static SocketAddress ipv4(std::uint16_t port = 0);
  static SocketAddress ipv6(std::uint16_t port = 0);
  static SocketAddress unix_path(const std::string& path);
  /// The address that a bound socket was given.
  static SocketAddress of(const Fd& socket);
  /// The other end of a connected socket.
  static SocketAddress peer_of(const Fd& socket);

  /// As a configuration writes it: "127.0.0.1:80", "[::1]:80", "unix:/path".
  std::string text() const;
  std::uint16_t port() const;
  int family() const { return storage_.ss_family; }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t length() const { return length_; }

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

/// All sockets are non-blocking and close on exec; waiting is the caller's (see Connection).
Fd bind_to(const SocketAddress& address);
Fd listen_on(const SocketAddress& address, int backlog = 128);
/// Connects within kPatience. receive_buffer: SO_RCVBUF in bytes, 0 = the system's choice.
Fd connect_to(const SocketAddress& address, int receive_buffer = 0);

/// Refuses connections, and keeps its port so that nobody is given it. A server that is told to use it can: it listens
/// with SO_REUSEADDR, as servers do.
class RefusedPort {
 public:
  RefusedPort() : socket_(bind_to(SocketAddress::ipv4())) {}
  std::string address() const { return SocketAddress::of(socket_).text(); }
  std::uint16_t number() const { return SocketAddress::of(socket_).port(); }

 private:
  Fd socket_;
};

/// Neither accepts nor refuses: its queue is full, so that the kernel drops every further SYN.
class SilentPort {
 public:
  SilentPort();
  std::string address() const { return SocketAddress::of(listener_).text(); }

 private:
  Fd listener_;
  Fd fillers_[4];
};

}  // namespace penstock::e2e
