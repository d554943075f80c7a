// Errors of connect() that say something of this machine, and nothing of the other one.
#pragma once

#include <cerrno>

#include "gateway/io/address.h"

namespace penstock::io {

/// There was no descriptor, memory or local port for a connection. With IPv6 EADDRNOTAVAIL may as well say that this
/// machine has no such addresses at all, so that the endpoint can't be reached from here: that is none.
inline bool is_own_want(int error, const SocketAddress& to) {
  if (error == EADDRNOTAVAIL) return to.family() == AF_INET;
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace penstock::io
