// This gateway's ephemeral node.
#pragma once

#include <functional>
#include <string>

#include "discovery/backoff.h"
#include "discovery/registry.h"
#include "discovery/zookeeper/layout.h"
#include "discovery/zookeeper/tree.h"

namespace penstock::discovery {

/// The node lasts as long as the session, which the server ends session_timeout after the gateway has fallen silent.
/// Whether it is there, and ours, is looked at after each reconnection and each change of it. A node of the same name
/// that belongs to another session is most likely what this gateway left behind at its last end: it is replaced.
class ZooKeeperAnnouncement final : public Announcement, private NodeListener {
 public:
  ZooKeeperAnnouncement(ZooKeeperTree& tree, ZooKeeperLayout::Entry entry);

  void withdraw(std::function<void()> done) override;
  bool stands() const override { return stands_; }

 private:
  void connected() override { check(); }
  void disconnected(const std::string& why) override;
  void changed(const std::string& changed_path, bool gone) override;

  void check();
  enum class Parents { unknown, made };
  void create(Parents parents);
  void create_parent(std::size_t end);
  void replace();
  void failed(const std::string& why);
  void try_later();
  void withdrawn();
  /// Wraps what is only to be done if nothing has begun anew since.
  NodeDone then(std::function<void(const NodeAnswer&)> done);

  const std::string data_;
  Backoff backoff_;
  bool stands_ = false;
  bool is_withdrawn_ = false;
  unsigned attempt_ = 0;
  std::string complaint_;  ///< the last one that was logged
  std::function<void()> when_withdrawn_;
  Deadline retry_ = Deadline::of<&ZooKeeperAnnouncement::check>(this);
  Deadline patience_ = Deadline::of<&ZooKeeperAnnouncement::withdrawn>(this);
};

}  // namespace penstock::discovery
