// One end of a byte stream, read and written with deadlines. The base of Client, and what a Backend's scripts hold.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/deadline.h"
#include "tests/support/socket.h"
#include "tests/support/tape.h"

namespace penstock::e2e {

/// The peer closed or reset the connection before what was waited for came.
struct Ended : HarnessError {
  using HarnessError::HarnessError;
};

/// The test is over: a backend's threads leave by this.
struct Stopped : HarnessError {
  using HarnessError::HarnessError;
};

/// Belongs to one thread. Every call waits at most kPatience, then throws TimedOut.
class Connection {
 public:
  /// stop: when this descriptor becomes readable every wait throws Stopped; -1 for none. Must outlive the connection.
  explicit Connection(Fd fd, int stop = -1, std::shared_ptr<Tape> tape = nullptr);

  /// Everything at once. Throws Ended if the peer is gone.
  void send(std::string_view bytes);
  /// One segment each: a piece leaves only when the peer's program has read the one before.
  void send_apart(std::initializer_list<std::string_view> pieces);
  void send_apart(std::string_view first, std::string_view second) { send_apart({first, second}); }
  /// As much as goes until the peer has taken nothing for `stalled`; returns how much went.
  std::size_t send_until_stalled(std::string_view bytes, milliseconds stalled);
  /// Waits until the peer's program has read all that was sent.
  void wait_until_read();

  /// Waits, without a deadline, for the next byte (or for the end: false). For backends between two requests.
  bool wait_for_bytes();
  /// Up to and with the delimiter. Throws Ended.
  std::string read_until(std::string_view delimiter);
  /// Throws Ended.
  std::string read_exactly(std::size_t bytes);
  /// What has come, at least one byte; "" at the end.
  std::string read_some() { return read_at_most(std::string::npos); }
  std::string read_at_most(std::size_t bytes);
  std::string read_to_end();
  /// Waits for the peer to close; false if it sends something instead.
  bool ends();
  /// True if nothing comes and nobody closes for this long.
  bool stays_quiet(milliseconds time);

  /// Half-close: the peer reads an end, and may still answer.
  void finish_sending();
  void close();
  /// Closes with RST.
  void reset();
  bool is_open() const { return fd_.is_open(); }
  bool was_reset() const { return was_reset_; }
  /// Don't keep what is received from now on.
  void forget_bytes();
  const Fd& fd() const { return fd_; }

 private:
  /// False when the deadline has passed.
  bool wait(short events, const Deadline& deadline);
  /// Appends what has come to buffer_; false at the end.
  bool fill(const Deadline& deadline);
  std::string take(std::size_t bytes);

  Fd fd_;
  int stop_;
  std::shared_ptr<Tape> tape_;
  std::string buffer_;  ///< received, not yet taken
  bool ended_ = false;
  bool was_reset_ = false;
};

}  // namespace penstock::e2e
