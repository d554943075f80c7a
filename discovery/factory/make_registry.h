// The one place that knows all kinds of registries.
#pragma once

#include <memory>

#include "conf/registries.h"
#include "discovery/registry.h"

namespace penstock::discovery {

/// `config` is used during the call only.
std::unique_ptr<Registry> make_registry(const RegistryParts& parts, const conf::Registry& config);

}  // namespace penstock::discovery
