// What every watch at an HTTP registry does between two requests: keep to the pace, wait out an outage, back off.
#pragma once

#include <memory>
#include <string>

#include "discovery/backoff.h"
#include "discovery/http_servers.h"
#include "discovery/request_pace.h"

namespace penstock::discovery {

/// Belongs to the control thread. After construction it asks as soon as may be; never from within a call of its own.
class PacedReader : public ServerListener {
 public:
  /// The longest wait after a refusal (4xx): it stands until somebody does something about it.
  static constexpr Nanos kLongestWait = 5 * kNanosPerSecond;
  /// And after other failures that are this reader's alone: recovery is to be noticed within a second, as long as the
  /// pace allows it.
  static constexpr Nanos kLongestShortWait = 800 * kNanosPerMilli;

  PacedReader(const PacedReader&) = delete;
  PacedReader& operator=(const PacedReader&) = delete;

  /// Whatever is under way is dropped, and the whole is asked for; it will be told though nothing has changed.
  void read_anew();

  void servers_up(bool anew) final;
  void servers_down(const std::string& why) final;

 protected:
  PacedReader(ServerSource& source, HttpServers& servers);
  ~PacedReader();

  /// Begins a request, into `request`.
  virtual void ask() = 0;
  /// What is known of the registry's state (an index, a revision) is void: the next ask() is for the whole.
  virtual void forget() = 0;
  /// For the sink; may destroy this.
  virtual void tell_failed(const std::string& why) = 0;

  /// Asks again as soon as may be, but not within `least`; what is under way then is cancelled.
  void go_on(Nanos least = 0);
  /// The registry's answer was good.
  void worked();
  /// It was not. Tells, but for the first time in a row that there was no answer at all, which may be a connection that
  /// had been kept too long; then asks anew, later. The last thing in a call: the sink may destroy this.
  void failed(const io::HttpAnswer& answer, const std::string& why);
  /// Whether something has to be told though it has not changed.
  bool take_must_tell() { return std::exchange(must_tell_, false); }

  HttpServers& servers;
  std::unique_ptr<io::HttpRequest> request;

 private:
  void try_ask();

  ServerSource& source_;
  RequestPace pace_;
  Backoff refusals_{kLongestWait};
  Backoff troubles_{kLongestShortWait};
  Deadline timer_;
  bool must_tell_ = true;
  unsigned without_answer_ = 0;  ///< in a row
  bool parked_ = false;          ///< waits for servers_up()
};

}  // namespace penstock::discovery
