// Socket addresses: IPv4, IPv6 and Unix.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace penstock::io {

/// A value that the socket calls understand. Copyable; about 110 bytes, because of Unix paths.
class SocketAddress {
 public:
  SocketAddress() = default;
  /// From an IP literal without brackets ("::1", "10.0.0.1"); nullopt if it is none.
  static std::optional<SocketAddress> from_ip(const std::string& literal, std::uint16_t port);
  /// nullopt if the path is longer than the system allows (107 bytes).
  static std::optional<SocketAddress> from_unix(const std::string& path);
  static SocketAddress from_raw(const sockaddr* address, socklen_t size);
  /// The address that a bound socket has got.
  static SocketAddress local_of(int fd);

  const sockaddr* raw() const { return &storage_.any; }
  socklen_t size() const { return size_; }
  int family() const { return storage_.any.sa_family; }
  std::uint16_t port() const;
  SocketAddress with_port(std::uint16_t port) const;
  /// "10.0.0.1", "::1"; empty for a Unix socket.
  std::string ip() const;
  /// "10.0.0.1:80", "[::1]:80", "unix:/run/x.sock".
  std::string text() const;

  friend bool operator==(const SocketAddress& a, const SocketAddress& b) { return a.text() == b.text(); }

 private:
  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un local;
  };
  Storage storage_{};
  socklen_t size_ = 0;
};

/// The peer of an accepted connection, or our end of it, in 20 bytes.
struct PeerAddress {
  std::array<std::uint8_t, 16> ip{};  ///< IPv4 as ::ffff:a.b.c.d; all zero for a Unix socket
  std::uint16_t port = 0;
  static PeerAddress from(const sockaddr_storage& address);
  static PeerAddress from(const SocketAddress& address);
};

}  // namespace penstock::io
