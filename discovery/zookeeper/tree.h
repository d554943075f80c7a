// What the control thread sees of ZooKeeper: questions, and who hears of which node.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "discovery/registry.h"
#include "discovery/status_keeper.h"
#include "discovery/zookeeper/answer.h"
#include "discovery/zookeeper/thread.h"
#include "gateway/base/alive.h"
#include "gateway/base/random.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {

class ZooKeeperTree;

/// Whoever asks. Hears of its node and of that node's children, and of no answer once it is destroyed.
class NodeListener {
 public:
  virtual void connected() = 0;
  virtual void disconnected(const std::string& why) = 0;
  /// What was watched at `path`: the node itself, or a child of it. See ZooKeeperHandle::Changed.
  virtual void changed(const std::string& path, bool gone) = 0;

 protected:
  /// The tree outlives it.
  NodeListener(ZooKeeperTree& tree, std::string path);
  virtual ~NodeListener();
  NodeListener(const NodeListener&) = delete;
  NodeListener& operator=(const NodeListener&) = delete;

  const std::string& path() const { return path_; }
  const Alive& alive() const { return alive_; }

  ZooKeeperTree& tree_;

 private:
  friend class ZooKeeperTree;
  const std::string path_;
  Alive alive_;
};

/// Belongs to the control thread; owns the session's thread.
class ZooKeeperTree final : private SessionListener {
 public:
  ZooKeeperTree(const RegistryParts& parts, const conf::ZooKeeper& config);
  /// Waits for the thread to end the session; if that is stuck in the resolver or a socket, only for kEndPatience, and
  /// leaves it to itself.
  ~ZooKeeperTree();

  // Answered on the control thread, later, and only while `who` lives.
  void get(const NodeListener& who, const std::string& path, NodeDone done);
  void children(const NodeListener& who, const std::string& path, NodeDone done);
  void exists(const NodeListener& who, const std::string& path, NodeDone done);
  void create(const NodeListener& who, const std::string& path, std::string data, bool ephemeral, NodeDone done);
  void remove(const NodeListener& who, const std::string& path, NodeDone done);
  void replace(const NodeListener& who, const std::string& path, std::string data, NodeDone done);

  bool is_connected() const { return status().connected; }
  const RegistryStatus& status() const { return keeper_.status(); }
  io::Loop& loop() { return loop_; }
  std::uint64_t random() { return random_.next(); }
  void log(const std::string& message) const { log_(message); }
  /// A question that was refused, or an answer that makes no sense.
  void note_error(const std::string& why);

 private:
  static constexpr std::chrono::milliseconds kEndPatience{500};
  friend class NodeListener;

  void connected(const std::string& server) override;
  void disconnected(const std::string& why) override;
  void failed(const std::string& why) override;
  void changed(const std::string& path, bool gone) override;
  void ask(const NodeListener& who, ZooKeeperThread::Question question, NodeDone done);
  template <class Call>
  void each(const std::vector<NodeListener*>& listeners, Call call);
  std::vector<NodeListener*> everyone() const;

  // Constant after construction.
  io::Loop& loop_;
  const std::function<void(const std::string&)> log_;
  std::shared_ptr<ZooKeeperThread> session_;
  std::thread thread_;

  Random random_;
  StatusKeeper keeper_;
  std::multimap<std::string, NodeListener*> listeners_;  ///< by path
  Alive alive_;
};

}  // namespace penstock::discovery
