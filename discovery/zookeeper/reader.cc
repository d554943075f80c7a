#include "discovery/zookeeper/reader.h"

#include <utility>

namespace penstock::discovery {

ZooKeeperReader::ZooKeeperReader(ZooKeeperTree& tree, std::string path) : NodeListener(tree, std::move(path)) {
  schedule();
  if (!tree_.is_connected() && !tree_.status().last_error.empty()) tell_outage();
}

void ZooKeeperReader::read_again() {
  tree_.loop().assert_here();
  if (!tree_.is_connected()) return tell_outage();
  forget();
  want();
}

void ZooKeeperReader::tell_outage() {
  tree_.loop().post(alive().guard([this] {
    if (!tree_.is_connected()) tell_failure("not connected: " + tree_.status().last_error);
  }));
}

void ZooKeeperReader::want() {
  wanted_ = true;
  if (std::exchange(is_retry_, false)) due_.cancel();
  schedule();
}

void ZooKeeperReader::ended() {
  is_reading_ = false;
  backoff_.worked(tree_.loop().now());
  if (wanted_) schedule();
}

void ZooKeeperReader::retry_later() {
  is_reading_ = false;
  wanted_ = true;
  is_retry_ = true;
  tree_.loop().arm(due_, backoff_.failed(tree_.loop().now(), tree_.random()));
}

void ZooKeeperReader::refused(const std::string& why) {
  retry_later();
  tell_failure(why);
}

void ZooKeeperReader::connected() {
  forget();
  want();
}

void ZooKeeperReader::disconnected(const std::string& why) {
  ++round_;
  is_reading_ = false;
  is_retry_ = false;
  due_.cancel();
  tell_failure(why);
}

void ZooKeeperReader::schedule() {
  if (is_reading_ || due_.armed() || !tree_.is_connected()) return;
  tree_.loop().arm(due_, pace_.wait(tree_.loop().now()));
}

void ZooKeeperReader::begin() {
  if (!wanted_ || !tree_.is_connected()) return;
  wanted_ = false;
  is_retry_ = false;
  is_reading_ = true;
  ++round_;
  pace_.asked(tree_.loop().now());
  read();
}

}  // namespace penstock::discovery
