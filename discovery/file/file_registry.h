// A file as a registry.
#pragma once

#include <memory>

#include "discovery/registry.h"

namespace penstock::discovery {

/// `config` is used during the call only.
std::unique_ptr<Registry> make_file_registry(const RegistryParts& parts, const conf::FileRegistry& config);

}  // namespace penstock::discovery
