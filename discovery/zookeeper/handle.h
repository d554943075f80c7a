// ZooKeeper's C client (the library zookeeper_st, 3.8), and all that is to be known of it.
//
// - Questions are answered from within process(), or interest() when the connection is lost; never from within the
//   question, and all of them by the destructor at the latest.
// - The library's counter of questions is shared by all handles without a lock, so that each call takes one of ours.
// - It sends all watches again in one packet when it has reconnected, which servers refuse beyond jute.maxbuffer
//   (1 MB: some 10,000 nodes): a client with many watches never comes back. Whoever reads all anew after a
//   reconnection needs none of them, so forget_watches() takes them out while there is no connection.
// - Answers have no bound in the C client; that the server's is 1 MB for what one node holds is what bounds them.
//   A list of children may be longer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "conf/registries.h"
#include "discovery/zookeeper/answer.h"

struct _zhandle;

namespace penstock::discovery {

/// One session. Belongs to one thread, which calls interest(), waits, and calls process(), again and again.
class ZooKeeperHandle {
 public:
  /// A node that was watched, or its children, have changed; the watch is spent.
  using Changed = std::function<void(const std::string& path, bool gone)>;

  /// servers: "ip:port,…", without brackets. `config` is used during the call only. Connects by and by.
  ZooKeeperHandle(const conf::ZooKeeper& config, const std::string& servers, Changed changed);
  /// Ends the session, which takes up to 3 s if the server does not read; its ephemeral nodes vanish at once.
  ~ZooKeeperHandle();
  ZooKeeperHandle(const ZooKeeperHandle&) = delete;
  ZooKeeperHandle& operator=(const ZooKeeperHandle&) = delete;

  // Questions. get, children and exists also set a watch.
  void get(const std::string& path, NodeDone done);
  void children(const std::string& path, NodeDone done);
  void exists(const std::string& path, NodeDone done);
  void create(const std::string& path, const std::string& data, bool ephemeral, NodeDone done);
  void remove(const std::string& path, NodeDone done);
  /// An ephemeral node in place of one that may be another session's: nobody sees that there is none. no_node: there
  /// was none, and there is none.
  void replace(const std::string& path, const std::string& data, NodeDone done);

  struct Interest {
    int error = 0;        ///< not 0: the connection, or the try to make one, is lost
    int fd = -1;          ///< another one after each connection; -1: the library wants a rest
    short events = 0;     ///< as in pollfd
    int patience_ms = 0;  ///< call process() then at the latest
  };
  Interest interest();
  /// revents: as in pollfd; 0 if patience ran out. Returns 0, or an error as in Interest.
  int process(short revents);

  bool is_connected() const;
  /// Expired or not let in: nothing will come of it any more.
  bool is_spent() const;
  bool is_refused() const;  ///< by authentication
  /// "ip:port" of the connection; empty without one.
  std::string server() const;
  std::chrono::milliseconds session_timeout() const;

  void use_servers(const std::string& servers);
  void forget_watches();
  /// In plain English, with errno's text where that says more.
  static std::string text_of(int error);

 private:
  struct Question;
  static void on_event(_zhandle*, int type, int state, const char* path, void* self);
  Question* ask(const std::string& path, NodeDone done);
  void sent(int error, Question* question);
  std::int64_t session_id() const;

  const Changed changed_;
  const bool has_auth_;
  _zhandle* handle_ = nullptr;
  std::vector<std::pair<NodeDone, NodeAnswer>> failed_;  ///< answered by the next interest()
  std::unordered_set<std::string> watched_;
};

}  // namespace penstock::discovery
