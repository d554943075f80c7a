// The kinds of registries, by the names that users write.
#pragma once

#include <cstddef>
#include <string_view>

#include "conf/registries.h"

namespace penstock::conf {

struct RegistryKind {
  std::string_view name;
  bool (*is)(const Registry&);
};

inline constexpr RegistryKind kRegistryKinds[] = {
    {"zookeeper", [](const Registry& r) { return r.zookeeper.has_value(); }},
    {"consul", [](const Registry& r) { return r.consul.has_value(); }},
    {"etcd", [](const Registry& r) { return r.etcd.has_value(); }},
    {"eureka", [](const Registry& r) { return r.eureka.has_value(); }},
    {"dns", [](const Registry& r) { return r.dns.has_value(); }},
    {"file", [](const Registry& r) { return r.file.has_value(); }},
};

/// How many a registry is of; one, if it is sound.
constexpr std::size_t kinds_of(const Registry& registry) {
  std::size_t count = 0;
  for (const RegistryKind& kind : kRegistryKinds) count += kind.is(registry);
  return count;
}

/// Of a sound one.
constexpr std::string_view kind_of(const Registry& registry) {
  for (const RegistryKind& kind : kRegistryKinds) {
    if (kind.is(registry)) return kind.name;
  }
  return {};
}

}  // namespace penstock::conf
