// The thread that keeps a session with ZooKeeper, whatever happens.
//
// A thread of its own, because the C client and the resolver block: the latter for names, the former to end a session
// and for TLS. And its single-threaded variant, because then this thread is ours and a sanitizer sees what it does.
//
//   connecting ──► connected ──► lost ──► connecting …     a lost connection keeps its session: no new handle
//       └── all servers failed: a pause of discovery/backoff.h, at most kLongestPause
//   expired, or longer without connection than the session lasts: a new handle, and with it a new session
//
// The latter also lets go of the last zxid that was seen: servers that were set back to an older state refuse whoever
// has seen a newer one, and would refuse for ever.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "conf/registries.h"
#include "discovery/backoff.h"
#include "discovery/zookeeper/handle.h"
#include "gateway/base/random.h"

namespace penstock::discovery {

/// Hears of the session, on whichever thread runs what the ZooKeeperThread tells.
class SessionListener {
 public:
  /// All is to be read and watched anew; of nodes of our own it is to be seen whether they are still there.
  virtual void connected(const std::string& server) = 0;
  /// Once for each outage: at once when the connection is lost, else when all servers were tried in vain.
  virtual void disconnected(const std::string& why) = 0;
  /// Each try that failed.
  virtual void failed(const std::string& why) = 0;
  /// See ZooKeeperHandle::Changed.
  virtual void changed(const std::string& path, bool gone) = 0;

 protected:
  ~SessionListener() = default;
};

/// run() belongs to a thread, all else may be called from any. Shared by that thread and whoever made it.
class ZooKeeperThread {
 public:
  static constexpr Nanos kLongestPause = 400 * kNanosPerMilli;
  /// For TCP; and at first for the server's word that the session has begun. A server that is just starting accepts
  /// connections that it never answers; but where there is no leader yet, an answer may take its time. So each wait in
  /// vain for that makes the next one twice as long, up to two thirds of the session's timeout, which are the
  /// library's.
  static constexpr Nanos kConnectPatience = 500 * kNanosPerMilli;

  using Tell = std::function<void(SessionListener&)>;
  /// Takes what is to be told, in order; called on the thread, not after stop().
  using Deliver = std::function<void(std::vector<Tell>)>;
  /// Asks something. Without a connection it is not run, and `done` hears `lost`.
  using Question = std::function<void(ZooKeeperHandle&, NodeDone done)>;

  ZooKeeperThread(conf::ZooKeeper config, std::uint64_t seed, Deliver deliver);
  ~ZooKeeperThread();
  ZooKeeperThread(const ZooKeeperThread&) = delete;
  ZooKeeperThread& operator=(const ZooKeeperThread&) = delete;

  /// Returns after stop(), having ended the session.
  void run();
  void ask(Question question, NodeDone done);
  void stop();
  /// Whether run() has returned, or does within `patience`.
  bool has_ended_in(std::chrono::milliseconds patience);

 private:
  struct Asked {
    Question question;
    NodeDone done;
  };

  void wake();
  bool take(std::vector<Asked>& asked);
  void ask_all(std::vector<Asked>& asked);
  void turn();
  bool open();
  Nanos patience_with_attempt(Nanos now) const;
  short give_up(int fd);
  short wait(int fd, short events, Nanos longest);
  int process(int fd, short revents);
  void note(int error);
  void attempt_failed(const std::string& why);
  void round_failed(const std::string& why);
  void lost(const std::string& why);
  void connected();
  void spent();
  void look_up_again();
  void tell_failure(const std::string& why);
  void tell(Tell what) { telling_.push_back(std::move(what)); }
  void deliver();

  // Constant after construction.
  const conf::ZooKeeper config_;
  const bool literals_;
  const Deliver deliver_;
  int wake_fd_;

  // The thread's own.
  Random random_;
  Backoff backoff_{kLongestPause};
  Backoff auth_backoff_;
  std::unique_ptr<ZooKeeperHandle> handle_;
  std::string servers_;
  std::size_t attempts_ = 0;  ///< that failed, in this round
  bool is_connected_ = false;
  bool outage_told_ = false;  ///< since the last connection
  Nanos connected_at_ = 0;
  Nanos unconnected_since_ = 0;
  Nanos expired_at_ = 0;
  enum class Attempt { none, tcp, session } attempt_ = Attempt::none;  ///< what of a connection is being made
  Nanos attempt_began_ = 0;                                            ///< or that part of it
  Nanos session_patience_ = kConnectPatience;
  Nanos looked_up_at_ = 0;
  Nanos resume_at_ = 0;
  std::vector<Tell> telling_;

  // Shared.
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  std::vector<Asked> asked_;
  bool stopping_ = false;
  bool ended_ = false;
};

}  // namespace penstock::discovery
