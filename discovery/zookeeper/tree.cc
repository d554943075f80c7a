#include "discovery/zookeeper/tree.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>

namespace penstock::discovery {

NodeListener::NodeListener(ZooKeeperTree& tree, std::string path) : tree_(tree), path_(std::move(path)) {
  tree_.listeners_.emplace(path_, this);
}

NodeListener::~NodeListener() {
  const auto [begin, end] = tree_.listeners_.equal_range(path_);
  tree_.listeners_.erase(std::find_if(begin, end, [this](const auto& each) { return each.second == this; }));
}

ZooKeeperTree::ZooKeeperTree(const RegistryParts& parts, const conf::ZooKeeper& config)
    : loop_(parts.loop), log_(parts.log), random_(parts.seed), keeper_(loop_.now()) {
  auto deliver = [this, &loop = loop_, here = alive_.token()](std::vector<ZooKeeperThread::Tell> told) {
    loop.post([this, here, told = std::move(told)] {
      for (const auto& tell : told) {
        if (here) tell(*this);
      }
    });
  };
  session_ = std::make_shared<ZooKeeperThread>(config, random_.next(), std::move(deliver));
  // Signals are the control thread's; the new thread inherits what is blocked.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([session = session_] { session->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), "zookeeper");
}

ZooKeeperTree::~ZooKeeperTree() {
  session_->stop();
  if (session_->has_ended_in(kEndPatience)) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void ZooKeeperTree::ask(const NodeListener& who, ZooKeeperThread::Question question, NodeDone done) {
  loop_.assert_here();
  keeper_.asked();
  session_->ask(std::move(question), [this, here = who.alive().token(), done = std::move(done)](NodeAnswer& answer) {
    if (answer.result == NodeResult::refused) note_error(answer.why);
    if (here) done(answer);
  });
}

void ZooKeeperTree::get(const NodeListener& who, const std::string& path, NodeDone done) {
  ask(
      who, [path](ZooKeeperHandle& handle, NodeDone answer) { handle.get(path, std::move(answer)); }, std::move(done));
}

void ZooKeeperTree::children(const NodeListener& who, const std::string& path, NodeDone done) {
  ask(
      who, [path](ZooKeeperHandle& handle, NodeDone answer) { handle.children(path, std::move(answer)); },
      std::move(done));
}

void ZooKeeperTree::exists(const NodeListener& who, const std::string& path, NodeDone done) {
  ask(
      who, [path](ZooKeeperHandle& handle, NodeDone answer) { handle.exists(path, std::move(answer)); },
      std::move(done));
}

void ZooKeeperTree::create(const NodeListener& who, const std::string& path, std::string data, bool ephemeral,
                           NodeDone done) {
  ask(
      who,
      [path, data = std::move(data), ephemeral](ZooKeeperHandle& handle, NodeDone answer) {
        handle.create(path, data, ephemeral, std::move(answer));
      },
      std::move(done));
}

void ZooKeeperTree::remove(const NodeListener& who, const std::string& path, NodeDone done) {
  ask(
      who, [path](ZooKeeperHandle& handle, NodeDone answer) { handle.remove(path, std::move(answer)); },
      std::move(done));
}

void ZooKeeperTree::replace(const NodeListener& who, const std::string& path, std::string data, NodeDone done) {
  ask(
      who,
      [path, data = std::move(data)](ZooKeeperHandle& handle, NodeDone answer) {
        handle.replace(path, data, std::move(answer));
      },
      std::move(done));
}

void ZooKeeperTree::note_error(const std::string& why) {
  loop_.assert_here();
  keeper_.refused(loop_.now(), why);
}

/// A listener may destroy itself and others.
template <class Call>
void ZooKeeperTree::each(const std::vector<NodeListener*>& listeners, Call call) {
  std::vector<std::pair<NodeListener*, Alive::Token>> told;
  told.reserve(listeners.size());
  for (NodeListener* listener : listeners) told.emplace_back(listener, listener->alive().token());
  for (const auto& [listener, here] : told) {
    if (here) call(*listener);
  }
}

std::vector<NodeListener*> ZooKeeperTree::everyone() const {
  std::vector<NodeListener*> out;
  out.reserve(listeners_.size());
  for (const auto& [path, listener] : listeners_) out.push_back(listener);
  return out;
}

void ZooKeeperTree::connected(const std::string& server) {
  keeper_.uses(server);
  keeper_.answered(loop_.now());
  log("ZooKeeper: connected to " + server);
  each(everyone(), [](NodeListener& listener) { listener.connected(); });
}

void ZooKeeperTree::disconnected(const std::string& why) {
  keeper_.lost(loop_.now());
  log("ZooKeeper: " + why);
  each(everyone(), [&](NodeListener& listener) { listener.disconnected(why); });
}

void ZooKeeperTree::failed(const std::string& why) {
  note_error(why);
}

void ZooKeeperTree::changed(const std::string& path, bool gone) {
  std::vector<NodeListener*> concerned;
  for (const std::string& key : {path, path.substr(0, path.rfind('/'))}) {
    const auto [begin, end] = listeners_.equal_range(key);
    for (auto each = begin; each != end; ++each) concerned.push_back(each->second);
  }
  each(concerned, [&](NodeListener& listener) { listener.changed(path, gone); });
}

}  // namespace penstock::discovery
