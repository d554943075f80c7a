// A configuration that is a key's value in a registry: watched.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "discovery/registry.h"
#include "gateway/control/config_origin.h"

namespace penstock {

/// Belongs to the control thread. Tells a value once, until it changes; a key that vanishes or can't be read changes
/// nothing.
class ConfigCentre final : private discovery::ValueSink {
 public:
  using Changed = std::function<void(const std::string& text, std::uint64_t version)>;

  /// `known`: the value that is in force already.
  ConfigCentre(const discovery::RegistryParts& parts, const ConfigOrigin& origin, std::string known, Changed changed);

  void read_again() { watch_->read_again(); }
  discovery::RegistryStatus status() const { return registry_->status(); }

 private:
  void value(std::optional<std::string> text, std::uint64_t version) override;
  void failed(const std::string& why) override;

  const std::string origin_;
  const std::function<void(const std::string&)> log_;
  const Changed changed_;
  std::string known_;
  std::string last_error_;
  std::unique_ptr<discovery::Registry> registry_;
  std::unique_ptr<discovery::Watch> watch_;
};

}  // namespace penstock
