#include "gateway/upstream/connection.h"

#include <cassert>
#include <cerrno>
#include <utility>

#include "gateway/io/tls/session.h"
#include "gateway/upstream/pool.h"

namespace penstock::upstream {
namespace {

/// Answers before the answer; more is an endpoint gone mad.
constexpr std::uint8_t kInterimsMax = 64;

const http::HeadLimits kAnswerLimits = {.line_bytes = 8 << 10, .head_bytes = 64 << 10, .fields = 256};

}  // namespace

Connection::Connection(EndpointPool& home)
    : home_(home),
      deadline_([](void* self) { static_cast<Connection*>(self)->timed_out(); }, this),
      parser_(kAnswerLimits) {}

bool Connection::connect(std::string_view proxy_header, Nanos timeout) {
  stream_ = io::Stream::connect(home_.loop(), home_.address(), *this);
  if (!stream_) return false;
  if (const io::TlsTarget& tls = home_.tls(); tls.context) {
    stream_->secure(tls.context, tls.name, home_.session(), std::string(proxy_header));
  } else {
    stream_->write(proxy_header);
    proxy_header_size_ = proxy_header.size();
  }
  connect_started_ = home_.loop().now();
  home_.loop().arm(deadline_, timeout);
  return true;
}

void Connection::begin(AttemptHandler& handler, http::Method method) {
  handler_ = &handler;
  parser_.expect_answer_to(method);
  ++requests_;
  interims_ = 0;
  sent_mark_ = stream_->sent() + std::exchange(proxy_header_size_, 0);
  request_complete_ = waiting_ = answered_ = head_seen_ = interim_ = answer_complete_ = clean_ = paused_ = false;
}

bool Connection::reusable() const {
  return answer_complete_ && request_complete_ && clean_ && !tunnel_ && stream_->unsent() == 0;
}

void Connection::park(Nanos idle_timeout) {
  handler_ = nullptr;
  parser_.trim();
  home_.loop().arm(deadline_, idle_timeout);
}

void Connection::close() {
  handler_ = nullptr;
  deadline_.cancel();
  stream_.reset();
}

// ---- the request

void Connection::send_head(const http::RequestLine& line, const http::HeadFields& fields) {
  request_body_ = fields.framing.body;
  char* const begin = stream_->prepare(http::head_bound(line, fields));
  stream_->commit(static_cast<std::size_t>(http::write_head(begin, line, fields) - begin));
  if (request_body_ != http::BodyKind::none) home_.loop().arm(deadline_, idle_timeout_);
}

void Connection::send_body(std::string_view bytes, const http::ChunkPlace& chunk) {
  if (request_body_ == http::BodyKind::chunked && !tunnel_) {
    char line[http::kChunkSizeMax];
    const std::uint64_t size = chunk.size ? chunk.size : bytes.size();
    const char* end = chunk.offset == 0 ? http::write_chunk_size(line, size) : line;
    const bool last = chunk.offset + bytes.size() == size;
    stream_->write({{line, end}, bytes, last ? "\r\n" : ""});
  } else {
    stream_->write(bytes);
  }
  home_.loop().arm(deadline_, idle_timeout_);
}

void Connection::send_end(std::span<const http::Field> trailers, Nanos first_byte_timeout) {
  if (request_body_ == http::BodyKind::chunked) {
    char* const begin = stream_->prepare(http::last_chunk_bound(trailers));
    stream_->commit(static_cast<std::size_t>(http::write_last_chunk(begin, trailers) - begin));
  }
  request_complete_ = true;
  if (head_seen_) return;
  waiting_ = true;
  home_.loop().arm(deadline_, first_byte_timeout);
}

// ---- the answer

void Connection::on_connected() {
  connected_ = true;
  if (stream_->tls()) home_.shook_hands(stream_->tls()->resumed());
  home_.connected(home_.loop().now() - connect_started_);
  deadline_.cancel();
  if (handler_) handler_->on_connected();
}

void Connection::on_bytes(std::string_view bytes) {
  if (!handler_) {
    home_.discard(*this);  // nobody asked: it would be taken for the answer to the next request
    return;
  }
  home_.received(bytes.size());
  if (nothing_sent()) {
    // On their way before the request was: what was left of another client's exchange, or a server that speaks first.
    fail(ErrorKind::upstream_reset, "bytes before the request");
    return;
  }
  answered_ = true;
  if (paused_) {
    stash_.append(bytes);
    return;
  }
  process(bytes);
}

void Connection::process(std::string_view in) {
  using Event = http::H1Parser::Event;
  while (handler_) {
    if (paused_) {
      stash_.assign(in);
      return;
    }
    if (tunnel_) {
      if (in.empty()) return;
      keep_waiting();
      handler_->on_answer_body(std::exchange(in, {}));
      continue;
    }
    switch (parser_.next(in)) {
      case Event::need_more:
        return;
      case Event::head:
        if (!handle_head()) return;
        break;
      case Event::body:
        keep_waiting();
        handler_->on_answer_body(parser_.body());
        break;
      case Event::end:
        if (!handle_end(!in.empty())) return;
        break;
      case Event::error:
        fail(ErrorKind::upstream_protocol, parser_.error().detail);
        return;
    }
  }
}

/// False if the attempt has failed.
bool Connection::handle_head() {
  const http::ResponseHead& head = parser_.head();
  if (head.status == 101) {
    tunnel_ = true;
    handler_->on_switch(head);
    return true;
  }
  interim_ = head.status < 200;
  if (interim_) {
    if (++interims_ > kInterimsMax) {
      fail(ErrorKind::upstream_protocol, "too many interim answers");
      return false;
    }
    handler_->on_interim(head);
    return true;
  }
  head_seen_ = true;
  waiting_ = false;
  keep_waiting();
  handler_->on_answer_head(head);
  return true;
}

/// False if the answer is complete.
bool Connection::handle_end(bool more_bytes) {
  if (interim_) {
    interim_ = false;
    return true;
  }
  answer_complete_ = true;
  clean_ = parser_.head().keep_alive && !more_bytes;
  deadline_.cancel();
  handler_->on_answer_end(parser_.trailers());
  return false;
}

/// A byte has come: the next one may take its time again.
void Connection::keep_waiting() {
  if (!waiting_) home_.loop().arm(deadline_, idle_timeout_);
}

void Connection::start_tunnel() {
  request_complete_ = false;
  home_.loop().arm(deadline_, idle_timeout_);
}

void Connection::pause() {
  if (paused_) return;
  paused_ = true;
  deadline_.cancel();  // now it is the client that is waited for
  stream_->pause_reading();
}

void Connection::resume() {
  if (!paused_) return;
  paused_ = false;
  home_.loop().arm(deadline_, idle_timeout_);
  const std::string held = std::exchange(stash_, {});
  stream_->resume_reading();
  process(held);  // even of nothing: the answer may have ended with the bytes before the pause
}

// ---- endings

void Connection::on_eof() {
  if (!handler_) {
    home_.discard(*this);
    return;
  }
  if (tunnel_) {
    handler_->on_tunnel_end();
    return;
  }
  switch (parser_.finish()) {
    case http::H1Parser::Event::end:
      answer_complete_ = true;
      deadline_.cancel();
      handler_->on_answer_end({});
      return;
    default:
      on_error(0);
  }
}

void Connection::on_error(int error) {
  if (!handler_) {
    home_.discard(*this);
    return;
  }
  if (!connected_) {
    home_.connect_failed();
    if (error == EPROTO && stream_->tls()) {
      fail_tls();
      return;
    }
    refused_ = error == ECONNREFUSED || error == ENOENT;  // ENOENT: a Unix socket whose file is gone
    fail(ErrorKind::connect_failed, refused_ ? "connection refused" : "no connection");
  } else if (head_seen_) {
    fail(ErrorKind::upstream_truncated, "the answer ended early");
  } else if (error == EPROTO && stream_->tls()) {
    fail_tls();
  } else {
    fail(ErrorKind::upstream_reset, answered_ ? "closed within the answer's head" : "closed before an answer");
  }
}

void Connection::fail(ErrorKind kind, const char* detail) {
  deadline_.cancel();
  if (kind == ErrorKind::upstream_protocol && head_seen_) kind = ErrorKind::upstream_truncated;
  handler_->on_attempt_failed(kind, detail);
}

/// The reason in OpenSSL's words is the health checks' to tell: clients need not know it.
void Connection::fail_tls() {
  switch (stream_->tls()->failure()) {
    case io::TlsFailure::certificate:
      return fail(ErrorKind::tls_certificate, "the endpoint's certificate is not valid");
    case io::TlsFailure::refused:
      return fail(ErrorKind::tls_protocol, "the endpoint refuses TLS with us");
    case io::TlsFailure::closed:
      return fail(ErrorKind::tls_protocol, "closed during the TLS handshake");
    default:
      return fail(ErrorKind::tls_protocol, "the endpoint does not speak TLS as it should");
  }
}

void Connection::timed_out() {
  if (!handler_) {
    home_.discard(*this);
  } else if (!connected_) {
    home_.connect_failed();
    fail(ErrorKind::connect_timeout, "timeouts.connect");
  } else if (waiting_) {
    fail(ErrorKind::first_byte_timeout, "timeouts.first_byte");
  } else {
    fail(ErrorKind::upstream_idle_timeout, "timeouts.idle");
  }
}

void Connection::on_congested() {
  if (handler_) handler_->on_upstream_congested();
}

void Connection::on_drained() {
  if (handler_) handler_->on_upstream_drained();
}

}  // namespace penstock::upstream
