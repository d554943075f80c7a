#include "discovery/zookeeper/zookeeper.h"

#include <utility>

#include "discovery/zookeeper/announcement.h"
#include "discovery/zookeeper/layout.h"
#include "discovery/zookeeper/service.h"
#include "discovery/zookeeper/tree.h"
#include "discovery/zookeeper/value.h"

namespace penstock::discovery {
namespace {

class ZooKeeperRegistry final : public Registry {
 public:
  ZooKeeperRegistry(const RegistryParts& parts, const conf::ZooKeeper& config)
      : layout_(config), tree_(parts, config) {}

  std::unique_ptr<Watch> watch_service(const conf::Discover& what, ServiceSink& sink) override {
    return std::make_unique<ZooKeeperService>(tree_, layout_, what, sink);
  }
  std::unique_ptr<Watch> watch_value(const std::string& key, ValueSink& sink) override {
    return std::make_unique<ZooKeeperValue>(tree_, layout_.key_path(key), sink);
  }
  std::unique_ptr<Announcement> announce(const conf::Announce& what) override {
    auto entry = layout_.entry(what, tree_.loop().unix_ms());
    if (entry) return std::make_unique<ZooKeeperAnnouncement>(tree_, std::move(*entry));
    tree_.log("ZooKeeper: " + what.service + " can't be announced: the layout is dubbo, or the host has no valid name");
    return nullptr;
  }
  RegistryStatus status() const override { return tree_.status(); }

 private:
  const ZooKeeperLayout layout_;
  ZooKeeperTree tree_;
};

}  // namespace

std::unique_ptr<Registry> make_zookeeper(const RegistryParts& parts, const conf::ZooKeeper& config) {
  return std::make_unique<ZooKeeperRegistry>(parts, config);
}

}  // namespace penstock::discovery
