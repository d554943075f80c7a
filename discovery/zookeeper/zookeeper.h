// ZooKeeper as a registry.
#pragma once

#include <memory>

#include "discovery/registry.h"

namespace penstock::discovery {

/// `config` is used during the call only.
std::unique_ptr<Registry> make_zookeeper(const RegistryParts& parts, const conf::ZooKeeper& config);

}  // namespace penstock::discovery
