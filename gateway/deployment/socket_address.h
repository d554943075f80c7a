// An address of the configuration as one that the system understands.
#pragma once

#include <string>

#include "conf/config.h"
#include "gateway/io/address.h"

namespace penstock {

/// Throws std::runtime_error unless it is an IP literal or a Unix socket.
io::SocketAddress socket_address(const conf::Address& address);

/// For people: "http://127.0.0.1:8080", "https://…" if it is encrypted, "unix:/run/x.sock".
std::string url_of(const io::SocketAddress& address, bool encrypted);

}  // namespace penstock
