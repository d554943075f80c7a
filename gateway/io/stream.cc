#include "gateway/io/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "gateway/io/address.h"
#include "gateway/io/loop.h"
#include "gateway/io/tls/session.h"
#include "gateway/io/unsent.h"

namespace penstock::io {
namespace {

/// From here on a write is worth a system call of its own, rather than a copy into the arena.
constexpr std::size_t kLargeWrite = 8 << 10;

/// What has befallen the socket since it was asked last; 0 for nothing.
int pending_error(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

Stream::Stream(Loop& loop, int fd, StreamHandler& handler) : loop_(loop), handler_(&handler), fd_(fd) {
  uv_poll_init(loop.raw(), &poll_, fd);
  poll_.data = this;
}

Stream::~Stream() = default;

StreamPtr Stream::adopt(Loop& loop, int fd, StreamHandler& handler) {
  loop.assert_here();
  StreamPtr stream(loop.streams().make(loop, fd, handler));
  stream->poll();
  return stream;
}

StreamPtr Stream::connect(Loop& loop, const SocketAddress& to, StreamHandler& handler) {
  loop.assert_here();
  const int fd = ::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return nullptr;
  if (to.family() != AF_UNIX) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    bound_unsent(fd);
  }
  StreamPtr stream(loop.streams().make(loop, fd, handler));
  stream->connecting_ = true;
  if (::connect(fd, to.raw(), to.size()) != 0 && errno != EINPROGRESS) {
    stream->error_ = errno;
    stream->queue_flush();
    return stream;
  }
  stream->poll();
  return stream;
}

SocketAddress Stream::local_address() const {
  return SocketAddress::local_of(fd_);
}

void Stream::close() {
  loop_.assert_here();
  assert(!closed_);
  closed_ = true;
  unlink();
  backlog_.reset();
  tls_.reset();
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
    auto* stream = static_cast<Stream*>(handle->data);
    stream->loop_.streams().destroy(stream);
  });
  ::close(fd_);
}

// ---- writing

void Stream::queue_flush() {
  if (!linked()) loop_.want_flush(*this);
}

char* Stream::prepare(std::size_t size) {
  loop_.assert_here();
  if (!backlog_ && !connecting_) {
    char* space = loop_.arena_space(size);
    if (space && (!pending_ || pending_ + pending_size_ == space)) return space;
  }
  // The arena is full, or another stream has written since, or it won't be sent this turn: gather on the heap.
  if (!backlog_) backlog_ = std::make_unique<std::string>();
  if (pending_) {
    backlog_->append(pending_, pending_size_);
    pending_ = nullptr;
    pending_size_ = 0;
  }
  prepared_at_ = backlog_->size();
  backlog_->resize(prepared_at_ + size);
  return backlog_->data() + prepared_at_;
}

void Stream::commit(std::size_t size) {
  loop_.assert_here();
  if (backlog_) {
    backlog_->resize(prepared_at_ + size);
    if (tls_ || !(polled_ & UV_WRITABLE)) queue_flush();
    return;
  }
  if (!pending_) pending_ = loop_.arena_space(0);
  loop_.arena_commit(size);
  pending_size_ += static_cast<std::uint32_t>(size);
  queue_flush();
}

void Stream::write(std::initializer_list<std::string_view> pieces) {
  loop_.assert_here();
  std::size_t total = 0;
  for (std::string_view piece : pieces) total += piece.size();
  if (total == 0 || error_ || failed_) return;
  if (backlog_ || (total < kLargeWrite && !connecting_)) {
    if (!backlog_) {
      char* space = loop_.arena_space(total);
      if (space && (!pending_ || pending_ + pending_size_ == space)) {
        for (std::string_view piece : pieces) {
          std::memcpy(space, piece.data(), piece.size());
          space += piece.size();
        }
        commit(total);
        return;
      }
    }
    for (std::string_view piece : pieces) to_backlog(piece);
    return;
  }
  if (connecting_) {
    for (std::string_view piece : pieces) to_backlog(piece);
    return;
  }
  std::array<iovec, 8> vector;
  int count = 0;
  if (pending_) vector[count++] = {pending_, pending_size_};
  for (std::string_view piece : pieces) {
    if (!piece.empty()) vector[count++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  total += pending_size_;
  pending_ = nullptr;
  pending_size_ = 0;
  send_now(vector.data(), count, total);
}

void Stream::send_now(const iovec* pieces, int count, std::size_t total) {
  if (tls_) {
    write_sealed(pieces, count);
    return;
  }
  ssize_t taken;
  if (count == 1) {
    taken = ::send(fd_, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
  } else {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);
    message.msg_iovlen = static_cast<std::size_t>(count);
    taken = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  }
  if (taken < 0) {
    if (errno != EAGAIN && errno != EINTR) {
      error_ = errno;
      queue_flush();
      return;
    }
    taken = 0;
  }
  sent_ += static_cast<std::uint64_t>(taken);
  auto left = static_cast<std::size_t>(taken);
  if (left == total) return;
  for (int i = 0; i < count; ++i) {
    const std::string_view piece(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    if (left >= piece.size()) {
      left -= piece.size();
      continue;
    }
    to_backlog(piece.substr(left));
    left = 0;
  }
  poll();
}

void Stream::to_backlog(std::string_view bytes) {
  if (!backlog_) backlog_ = std::make_unique<std::string>();
  if (pending_) {
    backlog_->append(pending_, pending_size_);
    pending_ = nullptr;
    pending_size_ = 0;
  }
  backlog_->append(bytes);
  if (tls_ || !(polled_ & UV_WRITABLE)) queue_flush();
}

void Stream::flush() {
  if (error_) {
    fail_writing();
    return;
  }
  if (tls_) {
    flush_sealed();
    return;
  }
  if (connecting_) return;
  if (backlog_ && !(polled_ & UV_WRITABLE)) {
    // Gathered on the heap for want of room in the arena: not congestion yet.
    const std::unique_ptr<std::string> gathered = std::move(backlog_);
    const iovec piece = {gathered->data() + backlog_sent_, gathered->size() - backlog_sent_};
    backlog_sent_ = 0;
    send_now(&piece, 1, piece.iov_len);
  } else if (pending_) {
    const iovec piece = {pending_, pending_size_};
    pending_ = nullptr;
    pending_size_ = 0;
    send_now(&piece, 1, piece.iov_len);
  }
  unlink();  // what is left over has asked to be flushed again
  if (error_) {
    fail_writing();
    return;
  }
  if (congested()) {
    handler_->on_congested();
  } else if (finishing_ && !finished_) {
    finished_ = true;
    ::shutdown(fd_, SHUT_WR);
  }
}

void Stream::send_backlog() {
  const ssize_t taken = ::send(fd_, backlog_->data() + backlog_sent_, backlog_->size() - backlog_sent_, MSG_NOSIGNAL);
  if (taken < 0) {
    if (errno != EAGAIN && errno != EINTR) fail(errno);
    return;
  }
  sent_ += static_cast<std::uint64_t>(taken);
  backlog_sent_ += static_cast<std::size_t>(taken);
  if (backlog_sent_ < backlog_->size()) return;
  backlog_.reset();
  backlog_sent_ = 0;
  poll();
  if (finishing_ && !finished_) {
    finished_ = true;
    ::shutdown(fd_, SHUT_WR);
  }
  handler_->on_drained();
}

void Stream::finish() {
  loop_.assert_here();
  finishing_ = true;
  if (tls_ || !backlog_ || !(polled_ & UV_WRITABLE)) queue_flush();
}

void Stream::reset_on_close() {
  loop_.assert_here();
  const linger hard = {1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

// ---- reading

void Stream::pause_reading() {
  loop_.assert_here();
  if (!reading_) return;
  reading_ = false;
  poll();
}

void Stream::resume_reading() {
  loop_.assert_here();
  if (reading_) return;
  reading_ = true;
  if (tls_ && tls_->end_pending) queue_flush();
  poll();
}

/// Brings what libuv polls for in line with our state; a system call only if that has changed.
void Stream::poll() {
  if (closed_ || failed_) return;
  int wanted = 0;
  if (connecting_ && !shaking_) {
    wanted = UV_WRITABLE;
  } else {
    const bool reading = reading_ || shaking_;
    if (!eof_ && reading) wanted |= UV_READABLE;
    if (!eof_ && !reading && !disconnect_seen_) wanted |= UV_DISCONNECT;
    if (tls_ ? tls_->waiting() != 0 : backlog_ != nullptr) wanted |= UV_WRITABLE;
  }
  if (wanted == polled_) return;
  polled_ = static_cast<std::uint8_t>(wanted);
  if (wanted) {
    uv_poll_start(&poll_, wanted, &Stream::on_poll);
  } else {
    uv_poll_stop(&poll_);
  }
}

void Stream::on_poll(uv_poll_t* handle, int status, int events) {
  auto* stream = static_cast<Stream*>(handle->data);
  if (stream->connecting_ && !stream->shaking_) {
    stream->finish_connecting();
    return;
  }
  if (status < 0) {
    // libuv has stopped polling, on an error that only a system call can name.
    stream->polled_ = 0;
    if (stream->reading_ || stream->shaking_) stream->receive();
    if (!stream->closed_ && !stream->failed_) stream->check_disconnect();
    if (!stream->closed_) stream->poll();
    return;
  }
  if (events & UV_READABLE && (stream->reading_ || stream->shaking_)) stream->receive();
  if (events & UV_WRITABLE && !stream->closed_) {
    if (stream->tls_) {
      stream->drain_sealed();
    } else if (stream->backlog_) {
      stream->send_backlog();
    }
  }
  if (events & UV_DISCONNECT && !stream->closed_ && !stream->reading_) stream->check_disconnect();
}

void Stream::receive() {
  const auto buffer = loop_.receive_buffer();
  const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (size > 0) {
    const std::string_view received(buffer.data(), static_cast<std::size_t>(size));
    if (tls_) {
      receive_sealed(received);
    } else {
      handler_->on_bytes(received);
    }
  } else if (size == 0) {
    eof_ = true;
    poll();
    if (tls_) {
      cut_off();
    } else {
      handler_->on_eof();
    }
  } else if (errno != EAGAIN && errno != EINTR) {
    fail(errno);
  }
}

/// The peer has closed while we don't read. A reset is news at once; an end can wait behind the data before it.
void Stream::check_disconnect() {
  if (const int error = pending_error(fd_)) {
    fail(error);
    return;
  }
  disconnect_seen_ = true;
  poll();
}

void Stream::finish_connecting() {
  if (const int error = pending_error(fd_)) {
    fail(error);
    return;
  }
  if (tls_) {
    begin_shaking();
    return;
  }
  connecting_ = false;
  poll();
  if (backlog_ || finishing_) queue_flush();
  handler_->on_connected();
}

/// The peer takes no more. What it said before that counts: an endpoint may answer early, and close with our body
/// unread.
void Stream::fail_writing() {
  if (reading_ && !connecting_ && !eof_ && sent_ > 0) receive();
  if (!closed_) fail(error_);
}

void Stream::fail(int error) {
  if (failed_) return;
  failed_ = true;
  polled_ = 0;
  uv_poll_stop(&poll_);
  handler_->on_error(error);
}

}  // namespace penstock::io
