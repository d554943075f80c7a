// One service in ZooKeeper: the children of its node, and what they say.
//
// Reads no more than what has changed: after a child's change that child alone, after a change among the children their
// names and the new ones. 10,000 instances are 10,001 questions once, all under way at the same time, and a few later.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "discovery/zookeeper/layout.h"
#include "discovery/zookeeper/reader.h"

namespace penstock::discovery {

class ZooKeeperService final : public ZooKeeperReader {
 public:
  ZooKeeperService(ZooKeeperTree& tree, const ZooKeeperLayout& layout, conf::Discover what, ServiceSink& sink);

 private:
  struct Child {
    bool is_known = false;  ///< `read` is of now, and watched
    ChildRead read;
  };

  void read() override;
  void forget() override;
  void tell_failure(const std::string& why) override { sink_.failed(why); }
  void changed(const std::string& changed_path, bool gone) override;

  void names_came(NodeAnswer& answer);
  void wait_for_node();
  void take_names(const std::vector<std::string>& names);
  void read_children();
  void child_came(const std::string& name, const NodeAnswer& answer);
  void all_came();
  void complain();

  // Constant after construction.
  const ZooKeeperLayout layout_;
  const conf::Discover what_;
  ServiceSink& sink_;

  bool names_known_ = false;  ///< the children's names are of now, and watched
  std::map<std::string, Child, std::less<>> children_;
  std::size_t awaited_ = 0;  ///< answers of children
  std::string unreadable_;   ///< why a child could not be read in this round; empty: all could
  std::string complaint_;    ///< the last one that was logged
};

}  // namespace penstock::discovery
