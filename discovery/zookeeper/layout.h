// How services are written down in ZooKeeper: where their nodes are, and what a node says. Pure.
//
// curator: Apache Curator's x-discovery (InstanceSerializer's JSON), with the metadata that Spring Cloud ZooKeeper and
// Dubbo 3 put into its payload. dubbo: Dubbo's providers (ZookeeperRegistry), each the percent-encoded URL that is its
// node's name. plain: one address per node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conf/registries.h"
#include "discovery/registry.h"

namespace penstock::discovery {

/// What one child of a service's node says.
struct ChildRead {
  std::optional<Instance> instance;
  std::string wrong{};    ///< why it makes no sense
  bool excluded = false;  ///< it takes no requests, and says so itself; else, with neither: it is not of this service
  /// Dubbo's own protocol alone: its port takes an HTTP request, and neither answers nor closes.
  bool is_binary = false;

  static ChildRead makes_no_sense(const char* why) { return {.instance = std::nullopt, .wrong = why}; }
  static ChildRead takes_none() { return {.instance = std::nullopt, .excluded = true}; }
};

class ZooKeeperLayout {
 public:
  /// Dubbo gives providers that name no weight this one.
  static constexpr std::uint32_t kDubboWeight = 100;

  explicit ZooKeeperLayout(const conf::ZooKeeper& config)
      : kind_(config.layout), chroot_(config.chroot), root_(config.root) {}

  /// The node whose children are the service's instances.
  std::string service_path(const std::string& service) const;
  /// A key's node; below the chroot alone.
  std::string key_path(const std::string& key) const;

  /// Whether the children's data is needed; else their names say everything.
  bool reads_data() const { return kind_ != conf::ZooKeeperLayout::dubbo; }
  ChildRead read_child(const conf::Discover& what, std::string_view name, std::string_view data) const;

  /// A node of our own. nullopt: nobody can be announced in this layout.
  struct Entry {
    std::string path;
    std::string data;
  };
  std::optional<Entry> entry(const conf::Announce& what, std::uint64_t unix_ms) const;

 private:
  const conf::ZooKeeperLayout kind_;
  const std::string chroot_;
  const std::string root_;
};

/// The three ways to read a child; see ZooKeeperLayout.
ChildRead read_curator_child(std::string_view data);
ChildRead read_dubbo_child(std::string_view name, const std::string& group, const std::string& version);
ChildRead read_plain_child(std::string_view name, std::string_view data);

}  // namespace penstock::discovery
