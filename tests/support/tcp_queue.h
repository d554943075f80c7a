// What the kernel still holds of a connection's bytes.
#pragma once

#include "tests/support/socket.h"

namespace penstock::e2e {

/// Whether the program at the other end, on this machine, has received every byte sent on this TCP socket; true as well
/// when the other end is gone. Asked of the kernel by sock_diag(7): a test that must know where one segment ended has
/// nothing else to go by.
bool peer_has_read_all(const Fd& socket);

/// The same without waiting for the acknowledgement, which the peer may put off for 40 ms. Loopback delivers within
/// send(), so that what was sent is in that queue or read; on a rare occasion two segments are still taken for one.
bool peers_queue_is_empty(const Fd& socket);

/// Bytes that the program at the other end, on this machine, has sent and that have not been acknowledged: its kernel
/// holds them.
unsigned peers_send_queue(const Fd& socket);

}  // namespace penstock::e2e
