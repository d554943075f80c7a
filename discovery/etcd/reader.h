// Keeps up with a range of etcd's keys: reads it whole, then follows its changes from there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "discovery/etcd/answers.h"
#include "discovery/etcd/session.h"
#include "discovery/json_splitter.h"
#include "discovery/log_once.h"
#include "discovery/paced_reader.h"

namespace penstock::discovery {

/// The range is read anew when the stream of changes ends, is cancelled (compaction), makes no sense, or brings nothing
/// for kSilence: a stream that a gateway between has forgotten looks like one without changes.
class EtcdReader : public PacedReader {
 public:
  static constexpr Nanos kSilence = 30 * kNanosPerSecond;

  /// All keys from `key` up to, not with, `range_end`; empty: that key alone. `log` hears of refusals, each once.
  EtcdReader(EtcdSession& session, std::string key, std::string range_end,
             std::function<void(const std::string&)> log_to);

 protected:
  ~EtcdReader() = default;
  /// The whole range.
  virtual void reset(EtcdRange range) = 0;
  virtual void apply(EtcdEvent event) = 0;
  /// What is wrong with what there is now; empty if nothing is.
  virtual std::string wrong() const = 0;
  /// What there is now is to be told, if it is news. The last thing in a call: may destroy this.
  virtual void tell() = 0;

  LogOnce log;

 private:
  void ask() final;
  void forget() final {}
  void answered(const io::HttpAnswer& answer);
  void refused(const io::HttpAnswer& answer);
  void follow();
  void streamed(std::string_view piece);
  void take(std::string_view object);

  EtcdSession& session_;
  const std::string key_;
  const std::string range_end_;
  std::uint64_t revision_ = 0;  ///< of the range that was read last
  JsonSplitter splitter_{kMostAnswerBytes};
  std::string trouble_;  ///< the stream makes no sense
  std::string ended_;    ///< the server has ended the watch
};

}  // namespace penstock::discovery
