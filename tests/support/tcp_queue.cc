#include "tests/support/tcp_queue.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace penstock::e2e {

bool peer_has_read_all(const Fd& socket) {
  int unacknowledged = 0;
  must(::ioctl(socket.get(), SIOCOUTQ, &unacknowledged), "SIOCOUTQ");
  if (unacknowledged > 0) return false;
  // The other end of this connection is the line with our two ports the other way round.
  const SocketAddress here = SocketAddress::of(socket);
  const SocketAddress there = SocketAddress::peer_of(socket);
  std::ifstream table(here.family() == AF_INET6 ? "/proc/net/tcp6" : "/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    unsigned local_port = 0, remote_port = 0, receive_queue = 0;
    constexpr const char* kLine = " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%x %*x %*x:%x";
    if (std::sscanf(line.c_str(), kLine, &local_port, &remote_port, &receive_queue) != 3) continue;
    if (local_port == there.port() && remote_port == here.port()) return receive_queue == 0;
  }
  return true;
}

}  // namespace penstock::e2e
