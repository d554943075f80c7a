// Short messages between two processes of this machine, over a pair of sockets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "gateway/io/fd_watch.h"

namespace penstock::io {

class Loop;

/// Belongs to the loop's thread; owns the descriptor.
class MessageChannel {
 public:
  static constexpr std::size_t kMostBytes = 64 << 10;
  /// A message; or nothing: the other end has closed it, or is no more. May destroy the channel.
  using Heard = std::function<void(const std::string* message)>;

  /// Both ends, closed on exec. Throws std::runtime_error.
  static std::pair<int, int> make_ends();

  MessageChannel(Loop& loop, int fd, Heard heard);
  ~MessageChannel();
  MessageChannel(const MessageChannel&) = delete;
  MessageChannel& operator=(const MessageChannel&) = delete;

  /// At most kMostBytes, not empty. False if the other end is gone, or does not read.
  bool send(const std::string& message);

 private:
  void receive();

  const int fd_;
  const Heard heard_;
  std::unique_ptr<FdWatch> watch_;
};

}  // namespace penstock::io
