// Where the configuration comes from: a file, or a key of a registry.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "conf/environment.h"
#include "conf/registries.h"

namespace penstock {

/// "FILE"; "zk:/path", "consul:key", "etcd:key"; or with the registry's address, "zk://host:port,host:port/path",
/// "consul://host:port/key", "etcd://host:port/key".
struct ConfigOrigin {
  std::string text;                        ///< as it was written, without secrets
  std::string file;                        ///< empty: it is a key
  std::optional<conf::Registry> registry;  ///< of the key
  std::string key;
};

/// What is not written comes from the variables that the registries' own tools heed: ZOOKEEPER_SERVERS (no tool's, but
/// usual), CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN, CONSUL_CACERT, ETCDCTL_ENDPOINTS, ETCDCTL_USER, ETCDCTL_CACERT; else
/// the registry is on this machine. Throws std::runtime_error with what is wrong with the text.
ConfigOrigin parse_origin(const std::string& text, const conf::Environment& environment);

/// The key's value, asked for once. Blocks for at most `patience_ms`. nullopt: there is none; why, says `why`.
std::optional<std::string> fetch_once(const ConfigOrigin& origin, int patience_ms, std::string& why);

}  // namespace penstock
