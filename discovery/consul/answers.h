// What Consul answers, read. Pure; any bytes may come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/registry.h"

namespace penstock::discovery {

struct ServiceAnswer {
  ServiceList list;     ///< excluded: critical, warning, of weight 0
  std::string skipped;  ///< what was wrong with an entry that was left out; empty: with none
};

/// GET /v1/health/service/NAME without `passing`: instances are chosen here, by the worst of their checks, so that all
/// are seen whatever they are asked for. nullopt with `why` if it is no list of entries.
///
/// Address: the service's, else its node's. Weight: the service's meta `weight`, else Weights.Passing or
/// Weights.Warning; 0 leaves it out. Zone: the service's meta `zone`, else its node's. Priority: the meta `priority`.
std::optional<ServiceAnswer> parse_consul_service(std::string_view body, const conf::Discover& what, std::string& why);

struct ConsulValue {
  std::string text;
  std::uint64_t version = 0;  ///< ModifyIndex
};

/// GET /v1/kv/KEY with status 200.
std::optional<ConsulValue> parse_consul_value(std::string_view body, std::string& why);

}  // namespace penstock::discovery
