#include "gateway/deployment/socket_address.h"

#include <stdexcept>

namespace penstock {

io::SocketAddress socket_address(const conf::Address& address) {
  const auto found = address.is_unix() ? io::SocketAddress::from_unix(address.unix_path)
                                       : io::SocketAddress::from_ip(address.host, address.port);
  if (!found) throw std::runtime_error("can't listen on " + address.text() + ": not an IP address");
  return *found;
}

std::string url_of(const io::SocketAddress& address, bool encrypted) {
  if (address.family() == AF_UNIX) return address.text();
  return (encrypted ? "https://" : "http://") + address.text();
}

}  // namespace penstock
