// When something in ZooKeeper is read: at first, when its watch says so, when it is asked for, when there is a
// connection again, and some time after it was refused. What is read is the subclass's.
#pragma once

#include <string>

#include "discovery/backoff.h"
#include "discovery/registry.h"
#include "discovery/request_pace.h"
#include "discovery/zookeeper/tree.h"

namespace penstock::discovery {

class ZooKeeperReader : public Watch, protected NodeListener {
 public:
  void read_again() final;

 protected:
  ZooKeeperReader(ZooKeeperTree& tree, std::string path);

  /// Begins a round of questions, which ends with ended() or refused(). Answers of rounds that are over, and answers
  /// that are `lost`, are to be ignored: see is_stale().
  virtual void read() = 0;
  /// Nothing that was read can be relied upon; nothing is watched.
  virtual void forget() = 0;
  virtual void tell_failure(const std::string& why) = 0;

  /// Something is to be read, and soon: changes that come together are read together.
  void want();
  void ended();
  /// Tried again later. Calls tell_failure(), so that this may be gone when it returns.
  void refused(const std::string& why);
  /// Tried again later, without a word.
  void retry_later();
  unsigned round() const { return round_; }
  bool is_stale(unsigned round, const NodeAnswer& answer) const {
    return round != round_ || answer.result == NodeResult::lost;
  }

 private:
  void connected() final;
  void disconnected(const std::string& why) final;
  void schedule();
  void tell_outage();
  void begin();

  RequestPace pace_;
  Backoff backoff_;
  bool wanted_ = true;
  bool is_reading_ = false;
  bool is_retry_ = false;  ///< what due_ waits for
  unsigned round_ = 0;
  Deadline due_ = Deadline::of<&ZooKeeperReader::begin>(this);
};

}  // namespace penstock::discovery
