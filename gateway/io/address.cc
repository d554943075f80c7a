#include "gateway/io/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace penstock::io {

std::optional<SocketAddress> SocketAddress::from_ip(const std::string& literal, std::uint16_t port) {
  SocketAddress address;
  if (inet_pton(AF_INET, literal.c_str(), &address.storage_.v4.sin_addr) == 1) {
    address.storage_.v4.sin_family = AF_INET;
    address.storage_.v4.sin_port = htons(port);
    address.size_ = sizeof(sockaddr_in);
    return address;
  }
  address = {};
  if (inet_pton(AF_INET6, literal.c_str(), &address.storage_.v6.sin6_addr) == 1) {
    address.storage_.v6.sin6_family = AF_INET6;
    address.storage_.v6.sin6_port = htons(port);
    address.size_ = sizeof(sockaddr_in6);
    return address;
  }
  return std::nullopt;
}

std::optional<SocketAddress> SocketAddress::from_unix(const std::string& path) {
  SocketAddress address;
  if (path.empty() || path.size() >= sizeof(address.storage_.local.sun_path)) return std::nullopt;
  address.storage_.local.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.storage_.local.sun_path);
  address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

SocketAddress SocketAddress::from_raw(const sockaddr* raw, socklen_t size) {
  SocketAddress address;
  address.size_ = std::min<socklen_t>(size, sizeof(address.storage_));
  std::memcpy(&address.storage_, raw, address.size_);
  return address;
}

SocketAddress SocketAddress::local_of(int fd) {
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &size);
  return from_raw(reinterpret_cast<sockaddr*>(&raw), size);
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(storage_.v4.sin_port);
  if (family() == AF_INET6) return ntohs(storage_.v6.sin6_port);
  return 0;
}

SocketAddress SocketAddress::with_port(std::uint16_t port) const {
  SocketAddress copy = *this;
  if (family() == AF_INET) copy.storage_.v4.sin_port = htons(port);
  if (family() == AF_INET6) copy.storage_.v6.sin6_port = htons(port);
  return copy;
}

std::string SocketAddress::ip() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (family() == AF_INET) inet_ntop(AF_INET, &storage_.v4.sin_addr, buffer, sizeof(buffer));
  if (family() == AF_INET6) inet_ntop(AF_INET6, &storage_.v6.sin6_addr, buffer, sizeof(buffer));
  return buffer;
}

std::string SocketAddress::text() const {
  switch (family()) {
    case AF_INET:
      return ip() + ":" + std::to_string(port());
    case AF_INET6:
      return "[" + ip() + "]:" + std::to_string(port());
    case AF_UNIX:
      return "unix:" + std::string(storage_.local.sun_path);
    default:
      return "-";
  }
}

PeerAddress PeerAddress::from(const SocketAddress& address) {
  sockaddr_storage storage{};
  std::memcpy(&storage, address.raw(), std::min<std::size_t>(address.size(), sizeof(storage)));
  return from(storage);
}

PeerAddress PeerAddress::from(const sockaddr_storage& address) {
  PeerAddress peer;
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    peer.ip[10] = peer.ip[11] = 0xff;
    std::memcpy(&peer.ip[12], &v4.sin_addr, 4);
    peer.port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(peer.ip.data(), &v6.sin6_addr, 16);
    peer.port = ntohs(v6.sin6_port);
  }
  return peer;
}

}  // namespace penstock::io
