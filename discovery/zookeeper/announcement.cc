#include "discovery/zookeeper/announcement.h"

#include <utility>

namespace penstock::discovery {
namespace {

constexpr Nanos kWithdrawPatience = kNanosPerSecond;

}  // namespace

ZooKeeperAnnouncement::ZooKeeperAnnouncement(ZooKeeperTree& tree, ZooKeeperLayout::Entry entry)
    : NodeListener(tree, std::move(entry.path)), data_(std::move(entry.data)) {
  if (tree_.is_connected()) check();
}

NodeDone ZooKeeperAnnouncement::then(std::function<void(const NodeAnswer&)> done) {
  return [this, attempt = attempt_, done = std::move(done)](NodeAnswer& answer) {
    if (attempt != attempt_ || answer.result == NodeResult::lost) return;
    if (answer.result == NodeResult::refused) return failed(answer.why);
    done(answer);
  };
}

void ZooKeeperAnnouncement::check() {
  if (is_withdrawn_ || !tree_.is_connected()) return;
  ++attempt_;
  retry_.cancel();
  auto answered = [this](const NodeAnswer& answer) {
    if (answer.result == NodeResult::no_node) return create(Parents::unknown);
    if (!answer.ours) return replace();
    stands_ = true;
    complaint_.clear();
    backoff_.worked(tree_.loop().now());
  };
  tree_.exists(*this, path(), then(answered));
}

/// Once made, it is looked at: that sets the watch. If somebody else has made it, looking tells that, too.
void ZooKeeperAnnouncement::create(Parents parents) {
  auto answered = [this, parents](const NodeAnswer& answer) {
    const bool is_orphan = answer.result == NodeResult::no_node && parents == Parents::unknown;
    if (is_orphan) return create_parent(path().find('/', 1));
    answer.result == NodeResult::ok ? check() : try_later();
  };
  tree_.create(*this, path(), data_, true, then(answered));
}

/// The ancestor that ends before `end`, and all below it.
void ZooKeeperAnnouncement::create_parent(std::size_t end) {
  if (end == std::string::npos) return create(Parents::made);
  auto answered = [this, end](const NodeAnswer&) { create_parent(path().find('/', end + 1)); };
  tree_.create(*this, path().substr(0, end), {}, false, then(answered));
}

/// In one step: a gateway that has been upgraded is never missing.
void ZooKeeperAnnouncement::replace() {
  auto answered = [this](const NodeAnswer& answer) {
    answer.result == NodeResult::no_node ? create(Parents::unknown) : check();
  };
  tree_.replace(*this, path(), data_, then(answered));
}

void ZooKeeperAnnouncement::disconnected(const std::string&) {
  ++attempt_;
  stands_ = false;
  retry_.cancel();
}

void ZooKeeperAnnouncement::changed(const std::string& changed_path, bool) {
  if (changed_path != path() || is_withdrawn_) return;
  const bool stood = std::exchange(stands_, false);
  // At once for the first time; somebody who takes it away all the time is not fought with all our strength.
  if (stood) try_later();
}

void ZooKeeperAnnouncement::failed(const std::string& why) {
  stands_ = false;
  if (std::exchange(complaint_, why) != why) tree_.log("ZooKeeper: can't be announced at " + path() + ": " + why);
  try_later();
}

void ZooKeeperAnnouncement::try_later() {
  ++attempt_;
  tree_.loop().arm(retry_, backoff_.failed(tree_.loop().now(), tree_.random()));
}

void ZooKeeperAnnouncement::withdraw(std::function<void()> done) {
  tree_.loop().assert_here();
  is_withdrawn_ = true;
  stands_ = false;
  ++attempt_;
  retry_.cancel();
  when_withdrawn_ = std::move(done);
  tree_.loop().arm(patience_, kWithdrawPatience);
  tree_.remove(*this, path(), [this](NodeAnswer&) { withdrawn(); });
}

void ZooKeeperAnnouncement::withdrawn() {
  patience_.cancel();
  if (const auto done = std::exchange(when_withdrawn_, nullptr)) done();
}

}  // namespace penstock::discovery
