#include "gateway/control/config_centre.h"
#include "discovery/factory/make_registry.h"

#include <utility>

namespace penstock {

ConfigCentre::ConfigCentre(const discovery::RegistryParts& parts, const ConfigOrigin& origin, std::string known,
                           Changed changed)
    : origin_(origin.text),
      log_(parts.log),
      changed_(std::move(changed)),
      known_(std::move(known)),
      registry_(discovery::make_registry(parts, *origin.registry)),
      watch_(registry_->watch_value(origin.key, *this)) {}

void ConfigCentre::value(std::optional<std::string> text, std::uint64_t version) {
  if (!text) return failed("there is no such key");
  if (!std::exchange(last_error_, {}).empty()) log_(origin_ + " can be read again");
  if (*text == known_) return;
  known_ = std::move(*text);
  changed_(known_, version);
}

void ConfigCentre::failed(const std::string& why) {
  if (why == last_error_) return;
  last_error_ = why;
  log_(origin_ + " can't be read, the configuration in force stays: " + why);
}

}  // namespace penstock
