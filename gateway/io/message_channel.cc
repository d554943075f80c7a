#include "gateway/io/message_channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace penstock::io {

std::pair<int, int> MessageChannel::make_ends() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::runtime_error(std::string("a pair of sockets: ") + std::strerror(errno));
  }
  return {ends[0], ends[1]};
}

MessageChannel::MessageChannel(Loop& loop, int fd, Heard heard)
    : fd_(fd),
      heard_(std::move(heard)),
      watch_(std::make_unique<FdWatch>(loop, fd, [this](bool, bool) { receive(); })) {
  watch_->want(true, false);
}

MessageChannel::~MessageChannel() {
  watch_.reset();
  ::close(fd_);
}

bool MessageChannel::send(const std::string& message) {
  return ::send(fd_, message.data(), message.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(message.size());
}

void MessageChannel::receive() {
  std::string message(kMostBytes, '\0');
  const ssize_t size = ::recv(fd_, message.data(), message.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const Heard heard = heard_;  // the call may free it
  if (size <= 0) {
    watch_->want(false, false);
    heard(nullptr);
    return;
  }
  message.resize(static_cast<std::size_t>(size));
  heard(&message);
}

}  // namespace penstock::io
