// `registries`, `discover` and `announce`: where endpoints come from, and where this gateway is made known.
// A part of conf/config.h, which says what holds for all of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace penstock::conf {

using std::chrono::milliseconds;

struct Credentials {
  std::string user;
  std::string password;  ///< secret
  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// How a registry that speaks HTTPS is trusted, and how it may trust us. Paths of PEM files.
struct RegistryTls {
  std::string ca;    ///< empty: the system's authorities
  std::string cert;  ///< with `key`: shown to the registry
  std::string key;
  bool verify = true;
  friend bool operator==(const RegistryTls&, const RegistryTls&) = default;
};

enum class ZooKeeperLayout {
  curator,  ///< ROOT/SERVICE/ID holds JSON: Curator's x-discovery, Spring Cloud ZooKeeper
  dubbo,    ///< ROOT/SERVICE/providers/URL
  plain,    ///< ROOT/SERVICE/CHILD: the data is "host:port", or else the child's name is
};

struct ZooKeeper {
  std::vector<std::string> servers;  ///< "host:port", "[v6]:port"
  std::string chroot;                ///< "/prod"; empty: none
  std::string root = "/services";    ///< empty: none
  ZooKeeperLayout layout = ZooKeeperLayout::curator;
  milliseconds session_timeout{10'000};
  std::optional<Credentials> auth;  ///< scheme digest
  friend bool operator==(const ZooKeeper&, const ZooKeeper&) = default;
};

struct Consul {
  std::vector<std::string> urls{"http://127.0.0.1:8500"};  ///< of agents or servers; the next one when one fails
  bool stale = true;                                       ///< any server may answer, also without a leader
  std::string datacenter;                                  ///< empty: the agent's
  std::string token;                                       ///< secret
  milliseconds wait{60'000};                               ///< of a blocking query
  std::optional<RegistryTls> tls;
  friend bool operator==(const Consul&, const Consul&) = default;
};

struct Etcd {
  std::vector<std::string> urls{"http://127.0.0.1:2379"};
  std::string prefix = "/services";  ///< empty: none; PREFIX/SERVICE/ANY holds "host:port" or a JSON object
  std::optional<Credentials> auth;
  std::optional<RegistryTls> tls;
  friend bool operator==(const Etcd&, const Etcd&) = default;
};

struct Eureka {
  std::vector<std::string> urls;  ///< up to and with the context path: "http://10.0.0.1:8761/eureka"
  milliseconds interval{30'000};  ///< between two fetches
  std::optional<RegistryTls> tls;
  friend bool operator==(const Eureka&, const Eureka&) = default;
};

struct Dns {
  std::vector<std::string> servers;  ///< "ip" or "ip:port"; empty: the system's
  milliseconds min_ttl{1'000};
  milliseconds max_ttl{300'000};
  milliseconds timeout{2'000};  ///< of one try at one server
  friend bool operator==(const Dns&, const Dns&) = default;
};

struct FileRegistry {
  std::string path;  ///< YAML or JSON: a map from services to lists of endpoints, as `endpoints` are written
  friend bool operator==(const FileRegistry&, const FileRegistry&) = default;
};

/// registries.NAME: exactly one of the kinds is set.
struct Registry {
  std::string name;
  std::optional<ZooKeeper> zookeeper;
  std::optional<Consul> consul;
  std::optional<Etcd> etcd;
  std::optional<Eureka> eureka;
  std::optional<Dns> dns;
  std::optional<FileRegistry> file;
  friend bool operator==(const Registry&, const Registry&) = default;
};

/// upstreams.NAME.discover.shrink_protection: an answer that takes away more is not believed at once.
struct ShrinkProtection {
  double max_removed = 0.5;            ///< of the endpoints; all of them are always too many
  milliseconds confirm_after{10'000};  ///< an answer that still says so after this time is believed
  /// The same of an answer that takes away all without a word, and never while endpoints answer; nullopt: never.
  std::optional<milliseconds> empty_after{120'000};
  friend bool operator==(const ShrinkProtection&, const ShrinkProtection&) = default;
};

/// upstreams.NAME.discover
struct Discover {
  std::string registry;  ///< a name among `registries`
  std::string service;   ///< as the registry knows it; for DNS a name, for SRV records with _service._proto before it
  std::vector<std::string> tags;      ///< Consul: instances that have all of these
  std::string datacenter;             ///< Consul: another than the registry's
  bool only_passing = true;           ///< Consul: leave out whose checks fail or warn
  std::string group;                  ///< Dubbo
  std::string version;                ///< Dubbo
  std::optional<std::uint16_t> port;  ///< DNS without SRV: needed; elsewhere it stands in the registry
  std::optional<ShrinkProtection> shrink_protection = ShrinkProtection{};
  friend bool operator==(const Discover&, const Discover&) = default;
};

/// announce[]: this gateway as an instance of a service, so that the tier in front of it finds it.
struct Announce {
  std::string registry;  ///< a name among `registries`: ZooKeeper, Consul, etcd or Eureka
  std::string service;
  std::string host;  ///< an address or a name that others reach it by
  std::uint16_t port = 0;
  std::uint32_t weight = 1;
  std::string zone;  ///< empty: the gateway's
  std::vector<std::string> tags;
  std::vector<std::pair<std::string, std::string>> metadata;
  milliseconds ttl{15'000};  ///< it vanishes so long after the gateway has stopped without a word
  friend bool operator==(const Announce&, const Announce&) = default;
};

}  // namespace penstock::conf
