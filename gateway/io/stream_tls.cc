// The encrypted side of a Stream.
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "gateway/io/loop.h"
#include "gateway/io/stream.h"
#include "gateway/io/tls/session.h"

namespace penstock::io {
namespace {

/// From here on what is sealed is sent, before more is.
constexpr std::size_t kSealedAtOnce = 64 << 10;
/// What a peer that reads nothing can make us say by asking for new keys again and again.
constexpr std::uint32_t kUnaskedMax = 16 << 10;

}  // namespace

void Stream::secure(const ServerTlsPtr& tls, std::string_view received) {
  loop_.assert_here();
  tls_ = std::make_unique<TlsSession>(loop_.tls_scratch(), tls);
  connecting_ = shaking_ = true;
  if (received.empty()) return;
  tls_->early = received;
  queue_flush();
}

void Stream::secure(const ClientTlsPtr& tls, const std::string& name, const std::shared_ptr<ResumableSession>& resume,
                    std::string before) {
  loop_.assert_here();
  tls_ = std::make_unique<TlsSession>(loop_.tls_scratch(), tls, name, resume);
  tls_->early = std::move(before);
}

std::size_t Stream::unsent_sealed() const {
  return tls_->waiting();
}

// ---- writing

void Stream::write_sealed(const iovec* pieces, int count) {
  TlsScratch& scratch = loop_.tls_scratch();
  RecordCursor cursor(pieces, count);
  for (auto bytes = cursor.next(scratch.gathered); !bytes.empty() && !error_; bytes = cursor.next(scratch.gathered)) {
    if (!tls_->seal(bytes)) {
      error_ = EPROTO;
      queue_flush();
      break;
    }
    if (scratch.sealed_size >= kSealedAtOnce) send_sealed();
  }
  send_sealed();
}

/// What was sealed leaves the loop's buffer: to the socket, or to the queue for it.
void Stream::send_sealed() {
  if (polled_ & UV_WRITABLE) return;  // it has lined up behind what waits for the socket
  const std::string_view bytes = tls_->sealed();
  if (bytes.empty()) return;
  ssize_t taken = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (taken < 0 && errno != EAGAIN && errno != EINTR) {
    error_ = errno;
    queue_flush();
  }
  if (taken < 0) taken = 0;
  if (!connecting_) sent_ += static_cast<std::uint64_t>(taken);
  tls_->taken(static_cast<std::size_t>(taken));
  if (tls_->waiting() == 0) return;
  poll();
  if (!connecting_) queue_flush();  // to tell of the congestion
}

void Stream::flush_sealed() {
  if (shaking_ && !tls_->early.empty()) {
    const std::string early = std::exchange(tls_->early, {});
    receive_sealed(early);
    return;
  }
  if (connecting_) {
    if (shaking_ && finishing_) ::shutdown(fd_, SHUT_WR);
    return;
  }
  const std::unique_ptr<std::string> gathered = std::move(backlog_);
  const iovec piece = gathered ? iovec{gathered->data(), gathered->size()} : iovec{pending_, pending_size_};
  pending_ = nullptr;
  pending_size_ = 0;
  if (piece.iov_len != 0) write_sealed(&piece, 1);
  if (finishing_ && !tls_->end_sealed && !error_) {
    tls_->seal_end();
    send_sealed();
  }
  unlink();
  if (error_) {
    fail_writing();
    return;
  }
  if (finishing_ && !finished_ && tls_->waiting() == 0) {
    finished_ = true;
    ::shutdown(fd_, SHUT_WR);
  }
  if (congested()) {
    handler_->on_congested();
    if (closed_) return;
  }
  if (reading_ && std::exchange(tls_->end_pending, false)) handler_->on_eof();
}

/// The socket takes more again.
void Stream::drain_sealed() {
  const std::string_view bytes = tls_->sealed();
  const ssize_t taken = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (taken < 0) {
    if (errno != EAGAIN && errno != EINTR) fail(errno);
    return;
  }
  if (!connecting_) sent_ += static_cast<std::uint64_t>(taken);
  tls_->taken(static_cast<std::size_t>(taken));
  if (tls_->waiting() != 0) return;
  poll();
  if (finishing_ && tls_->end_sealed && !finished_) {
    finished_ = true;
    ::shutdown(fd_, SHUT_WR);
  }
  if (!connecting_) handler_->on_drained();
}

// ---- reading

void Stream::receive_sealed(std::string_view received) {
  const bool fresh = shaking_;
  if (fresh && !shake(received)) return;
  const auto waiting = tls_->waiting();
  const auto step = tls_->open(fresh ? std::string_view() : received);
  send_sealed();  // what reading makes us say: new keys, an alert
  tls_->unasked += static_cast<std::uint32_t>(tls_->waiting() - std::min(waiting, tls_->waiting()));
  bool failed = step == TlsSession::Step::failed;
  if (tls_->unasked > kUnaskedMax) {
    tls_->fail(TlsFailure::protocol, "a flood of messages that ask for an answer");
    failed = true;
  }
  if (fresh) {
    handler_->on_connected();
    if (closed_) return;
  }
  deliver_opened(step == TlsSession::Step::done, failed);
}

void Stream::begin_shaking() {
  shaking_ = true;
  poll();
  tls_->write_first(std::exchange(tls_->early, {}));
  shake({});
}

/// False while the handshake isn't done, or has failed.
bool Stream::shake(std::string_view received) {
  const auto step = tls_->shake(received);
  send_sealed();
  if (step == TlsSession::Step::failed) fail_sealed();
  if (step != TlsSession::Step::done) return false;
  shaking_ = connecting_ = false;
  poll();
  if (backlog_ || finishing_ || tls_->waiting() != 0) queue_flush();
  return true;
}

void Stream::deliver_opened(bool ended, bool failed) {
  if (!tls_->opened().empty()) {
    handler_->on_bytes(tls_->opened());
    if (closed_) return;
  }
  if (failed) {
    fail(EPROTO);
  } else if (ended) {
    eof_ = true;
    poll();
    if (reading_) {
      handler_->on_eof();
    } else {
      tls_->end_pending = true;
    }
  }
}

/// The end of the connection without the peer's word that this is the end of what it says: somebody may have cut it.
void Stream::cut_off() {
  if (shaking_) {
    tls_->fail(TlsFailure::closed, "closed during the handshake");
  } else {
    tls_->fail(TlsFailure::protocol, "closed without close_notify");
  }
  fail(shaking_ ? EPROTO : ECONNRESET);
}

/// The handshake has failed. The peer has been sent an alert, unless it would not understand one.
void Stream::fail_sealed() {
  const std::string_view answer = tls_->plain_answer();
  if (tls_->waiting() == 0 && !answer.empty() && ::send(fd_, answer.data(), answer.size(), MSG_NOSIGNAL) > 0)
    ::shutdown(fd_, SHUT_WR);
  fail(EPROTO);
}

}  // namespace penstock::io
