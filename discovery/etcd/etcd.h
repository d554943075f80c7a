// etcd v3 as a registry.
#pragma once

#include <memory>

#include "discovery/registry.h"

namespace penstock::discovery {

/// `config` is used during the call only.
std::unique_ptr<Registry> make_etcd(const RegistryParts& parts, const conf::Etcd& config);

}  // namespace penstock::discovery
