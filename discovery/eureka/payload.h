// Eureka's JSON: what a fetch or a delta says, and what this gateway says of itself. Pure.
//
// After the REST description of Eureka 1 and the quirks of its JSON: numbers as strings, a port as {"$": 80,
// "@enabled": "true"}, one object where a list has one item.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/registry.h"

namespace penstock::discovery {

struct EurekaInstance {
  std::string app;                 ///< in upper case
  std::string id;                  ///< unique within the application
  std::string status;              ///< "UP", "DOWN", "STARTING", "OUT_OF_SERVICE", "UNKNOWN"
  std::string action;              ///< in a delta: "ADDED", "MODIFIED", "DELETED"
  std::optional<Instance> usable;  ///< set if it is UP, and can be reached by what stands there
};

struct EurekaAnswer {
  std::vector<EurekaInstance> instances;
  std::optional<std::string> hash;  ///< of the registry's whole state when it answered; empty of an empty registry
  std::string odd;                  ///< an instance that is UP and cannot be used, and why; empty if there is none
};

/// nullopt if it is no answer of Eureka's. Instances that are no objects are left out.
std::optional<EurekaAnswer> parse_eureka(std::string_view json);

/// The registry's state, as far as it was told.
class EurekaApps {
 public:
  void replace(EurekaAnswer full);
  /// Deltas repeat for three minutes; applying one again changes nothing.
  void apply(EurekaAnswer delta);
  /// "DOWN_1_UP_3_": how many instances have which status, which tells whether anything was missed.
  std::string hash() const;
  bool empty() const { return apps_.empty(); }
  /// Those of an application that can be used, sorted, no address and port twice. Its name is in any case.
  ServiceList list(std::string_view app) const;

 private:
  using ById = std::map<std::string, EurekaInstance>;
  std::map<std::string, ById> apps_;
};

/// What to register: the body of POST apps/APP.
std::string eureka_registration(const conf::Announce& what, std::uint64_t unix_ms);
/// "apps/APP" and "apps/APP/ID" of it, ready for a URL.
std::string eureka_app_path(const conf::Announce& what);
std::string eureka_instance_path(const conf::Announce& what);

}  // namespace penstock::discovery
