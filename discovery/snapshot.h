// What a registry says about one upstream: an immutable, versioned set of endpoints.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/io/address.h"

namespace penstock::discovery {

struct Endpoint {
  std::string id;  ///< stable over snapshots: what is learned of an endpoint is kept under it
  io::SocketAddress address;
  std::uint32_t weight = 1;
  std::string zone;
  std::uint32_t priority = 0;  ///< the lowest is used first
  std::vector<std::pair<std::string, std::string>> metadata{};
  std::string host{};  ///< the name that the address was found by; empty: it was told as an address
};

struct Snapshot {
  std::uint64_t version = 0;
  std::vector<Endpoint> endpoints;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace penstock::discovery
