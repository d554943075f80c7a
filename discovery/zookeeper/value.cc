#include "discovery/zookeeper/value.h"

#include <utility>

namespace penstock::discovery {

void ZooKeeperValue::changed(const std::string& changed_path, bool) {
  if (changed_path == path()) want();
}

void ZooKeeperValue::read() {
  tree_.get(*this, path(), [this, round = round()](NodeAnswer& answer) {
    if (is_stale(round, answer)) return;
    if (answer.result == NodeResult::no_node) return wait_for_node();
    if (answer.result != NodeResult::ok) return refused(path() + ": " + answer.why);
    ended();
    sink_.value(std::move(answer.data), answer.version);
  });
}

void ZooKeeperValue::wait_for_node() {
  tree_.exists(*this, path(), [this, round = round()](NodeAnswer& answer) {
    if (is_stale(round, answer)) return;
    if (answer.result == NodeResult::refused) return refused(path() + ": " + answer.why);
    if (answer.result == NodeResult::ok) want();  // it came in between
    ended();
    if (answer.result == NodeResult::no_node) sink_.value(std::nullopt, 0);
  });
}

}  // namespace penstock::discovery
