// How much the kernel takes for a peer that does not.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace penstock::io {

/// Bytes in a TCP socket's send buffer beyond what the peer's window and the network have room for. The buffer itself
/// grows to megabytes (net.ipv4.tcp_wmem), so that a thousand clients that ask for a large answer and don't read it
/// held a gigabyte of the kernel's memory, and all connections of the machine came to a halt.
inline constexpr int kUnsentMax = 256 << 10;

/// tcp(7), TCP_NOTSENT_LOWAT: it does not bound what is on its way, and so no throughput.
inline void bound_unsent(int fd) {
  setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentMax, sizeof(kUnsentMax));
}

}  // namespace penstock::io
