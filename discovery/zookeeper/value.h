// One node's data as a value.
#pragma once

#include "discovery/zookeeper/reader.h"

namespace penstock::discovery {

class ZooKeeperValue final : public ZooKeeperReader {
 public:
  ZooKeeperValue(ZooKeeperTree& tree, std::string path, ValueSink& sink)
      : ZooKeeperReader(tree, std::move(path)), sink_(sink) {}

 private:
  void read() override;
  void forget() override {}
  void tell_failure(const std::string& why) override { sink_.failed(why); }
  void changed(const std::string& changed_path, bool gone) override;
  void wait_for_node();

  ValueSink& sink_;
};

}  // namespace penstock::discovery
