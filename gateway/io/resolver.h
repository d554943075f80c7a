// Host names → addresses, off the loop (libuv's thread pool and the system's resolver).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gateway/io/address.h"

namespace penstock::io {

class Loop;

/// Calls back on the loop's thread, once, never from inside the call: with the addresses (TCP, sorted, no duplicates),
/// or with none and a reason. Names can't be cancelled: what `done` captures must outlive the loop, or be shared.
void resolve(Loop& loop, const std::string& host, std::uint16_t port,
             std::function<void(std::vector<SocketAddress> addresses, std::string error)> done);

}  // namespace penstock::io
