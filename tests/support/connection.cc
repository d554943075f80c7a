#include "tests/support/connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "tests/support/tcp_queue.h"

namespace penstock::e2e {

Connection::Connection(Fd fd, int stop, std::shared_ptr<Tape> tape)
    : fd_(std::move(fd)), stop_(stop), tape_(std::move(tape)) {}

bool Connection::wait(short events, const Deadline& deadline) {
  if (!fd_.is_open()) throw Ended("this side has closed the connection");
  pollfd watched[] = {{fd_.get(), events, 0}, {stop_, POLLIN, 0}};
  while (true) {
    const int ready = ::poll(watched, 2, deadline.remaining_ms());
    if (ready < 0 && errno == EINTR) continue;
    must(ready, "poll");
    if (watched[1].revents != 0) throw Stopped("the test is over");
    return ready > 0;
  }
}

void Connection::send(std::string_view bytes) {
  const std::size_t sent = send_until_stalled(bytes, kPatience);
  if (sent < bytes.size()) throw TimedOut("the peer reads nothing");
}

std::size_t Connection::send_until_stalled(std::string_view bytes, milliseconds stalled) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    if (!wait(POLLOUT, Deadline(stalled))) break;
    const ssize_t n = ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n >= 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno == EPIPE || errno == ECONNRESET) {
      throw Ended("the peer has closed the connection");
    } else if (errno != EAGAIN && errno != EINTR) {
      must(-1, "send");
    }
  }
  return sent;
}

void Connection::send_apart(std::initializer_list<std::string_view> pieces) {
  for (const std::string_view piece : pieces) {
    send(piece);
    wait_until_read();
  }
}

void Connection::wait_until_read() {
  if (!eventually([this] { return peer_has_read_all(fd_); })) throw TimedOut("the peer reads nothing");
}

bool Connection::fill(const Deadline& deadline) {
  if (ended_) return false;
  char bytes[64 * 1024];
  while (true) {
    if (!wait(POLLIN, deadline)) throw TimedOut("nothing came; so far: \"" + buffer_.substr(0, 500) + "\"");
    const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) {
      if (n < 0 && errno != ECONNRESET) must(-1, "recv");
      was_reset_ = n < 0;
      ended_ = true;
      return false;
    }
    const std::string_view received(bytes, static_cast<std::size_t>(n));
    if (tape_) tape_->add(received);
    buffer_ += received;
    return true;
  }
}

std::string Connection::take(std::size_t bytes) {
  if (bytes >= buffer_.size()) return std::exchange(buffer_, {});
  std::string taken = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return taken;
}

bool Connection::wait_for_bytes() {
  while (true) {
    if (!buffer_.empty()) return true;
    if (!fd_.is_open()) return false;
    if (wait(POLLIN, Deadline(std::chrono::hours(1)))) return fill(Deadline());
  }
}

std::string Connection::read_until(std::string_view delimiter) {
  const Deadline deadline;
  std::size_t searched = 0;
  while (true) {
    const std::size_t at = buffer_.find(delimiter, searched);
    if (at != std::string::npos) return take(at + delimiter.size());
    searched = buffer_.size() - std::min(buffer_.size(), delimiter.size() - 1);
    if (!fill(deadline)) throw Ended("the connection ended after \"" + buffer_.substr(0, 500) + "\"");
  }
}

std::string Connection::read_exactly(std::size_t bytes) {
  const Deadline deadline;
  while (buffer_.size() < bytes) {
    if (!fill(deadline)) throw Ended("the connection ended after \"" + buffer_.substr(0, 500) + "\"");
  }
  return take(bytes);
}

std::string Connection::read_at_most(std::size_t bytes) {
  if (buffer_.empty()) fill(Deadline());
  return take(bytes);
}

std::string Connection::read_to_end() {
  const Deadline deadline;
  while (fill(deadline)) {
  }
  return std::exchange(buffer_, {});
}

bool Connection::ends() {
  return buffer_.empty() && !fill(Deadline());
}

bool Connection::stays_quiet(milliseconds time) {
  return buffer_.empty() && !ended_ && !wait(POLLIN, Deadline(time));
}

void Connection::finish_sending() {
  must(::shutdown(fd_.get(), SHUT_WR), "shutdown");
}

void Connection::close() {
  fd_.close();
}

void Connection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.close();
}

void Connection::forget_bytes() {
  if (tape_) tape_->stop();
}

}  // namespace penstock::e2e
