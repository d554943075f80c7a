#include "gateway/upstream/h1_connection.h"

#include <cassert>
#include <cerrno>
#include <utility>

#include "gateway/http/h1_writer.h"
#include "gateway/io/own_want.h"
#include "gateway/io/tls/session.h"
#include "gateway/upstream/h1_pool.h"

namespace penstock::upstream {
namespace {

/// Answers before the answer; more is an endpoint gone mad.
constexpr std::uint8_t kInterimsMax = 64;

const http::HeadLimits kAnswerLimits = {.line_bytes = 8 << 10, .head_bytes = 64 << 10, .fields = 256};

}  // namespace

H1Connection::H1Connection(H1Pool& home)
    : home_(home), deadline_(Deadline::of<&H1Connection::timed_out>(this)), parser_(kAnswerLimits) {}

bool H1Connection::connect(std::string_view proxy_header, Nanos timeout) {
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

void H1Connection::begin(RequestStreamHandler& handler, http::Method method) {
  handler_ = &handler;
  parser_.expect_answer_to(method);
  ++requests_;
  course_ = {.sent_mark = stream_->sent() + std::exchange(proxy_header_size_, 0)};
}

bool H1Connection::reusable() const {
  return course_.answer == AnswerSide::whole && course_.request == RequestSide::complete && stream_->unsent() == 0;
}

void H1Connection::park(Nanos idle_timeout) {
  handler_ = nullptr;
  parser_.trim();
  home_.loop().arm(deadline_, idle_timeout);
}

void H1Connection::close() {
  handler_ = nullptr;
  deadline_.cancel();
  stream_.reset();
}

void H1Connection::release() {
  count_sent();
  home_.give_back(*this);
}

/// What the socket has taken meanwhile.
void H1Connection::count_sent() {
  home_.sent(stream_->sent() - counted_);
  counted_ = stream_->sent();
}

// ---- the request

void H1Connection::send_head(const http::OutgoingRequest& request) {
  course_.request_body = request.framing.body;
  const std::string_view option = request.upgrades ? "upgrade" : home_.is_for_one_client() ? "close" : "";
  const http::HeadFields fields = {request.passed, request.added, request.framing, option};
  char* const begin = stream_->prepare(http::head_bound(request.line, fields));
  stream_->commit(static_cast<std::size_t>(http::write_head(begin, request.line, fields) - begin));
  if (course_.request_body != http::BodyKind::none) watch_idle();
}

void H1Connection::send_body(std::string_view bytes, const http::ChunkPlace& chunk) {
  if (course_.request_body == http::BodyKind::chunked && course_.answer != AnswerSide::tunnel) {
    char line[http::kChunkSizeMax];
    const std::uint64_t size = chunk.size ? chunk.size : bytes.size();
    const char* end = chunk.offset == 0 ? http::write_chunk_size(line, size) : line;
    const bool last = chunk.offset + bytes.size() == size;
    stream_->write({{line, end}, bytes, last ? "\r\n" : ""});
  } else {
    stream_->write(bytes);
  }
  if (course_.answer == AnswerSide::tunnel) watch_idle();
  count_sent();
}

void H1Connection::send_end(std::span<const http::Field> trailers, Nanos first_byte_timeout) {
  if (course_.request_body == http::BodyKind::chunked) {
    char* const begin = stream_->prepare(http::last_chunk_bound(trailers));
    stream_->commit(static_cast<std::size_t>(http::write_last_chunk(begin, trailers) - begin));
  }
  course_.request = RequestSide::complete;
  if (waiting()) {
    home_.loop().arm(deadline_, first_byte_timeout);
  } else {
    watch_idle();
  }
}

/// timeouts.idle counts while something is wanted of the endpoint: that it takes what there is, or that it goes on with
/// its answer. A client that pauses in its upload, or in its reading, is the listener's to time.
void H1Connection::watch_idle() {
  const bool uploading = course_.request == RequestSide::sending && course_.answer != AnswerSide::tunnel;
  if (course_.paused || (uploading && !stream_->congested())) {
    deadline_.cancel();
  } else {
    home_.loop().arm(deadline_, idle_timeout_);
  }
}

// ---- the answer

void H1Connection::on_connected() {
  link_ = Link::up;
  if (stream_->tls()) home_.shook_hands(stream_->tls()->resumed());
  home_.connected(home_.loop().now() - connect_started_);
  deadline_.cancel();
  if (handler_) handler_->on_ready();
}

void H1Connection::on_bytes(std::string_view bytes) {
  if (!handler_) {
    home_.discard(*this);  // nobody asked: it would be taken for the answer to the next request
    return;
  }
  home_.received(bytes.size());
  if (!sent()) {
    // On their way before the request was: what was left of another client's exchange, or a server that speaks first.
    fail(ErrorKind::upstream_reset, "bytes before the request");
    return;
  }
  if (course_.answer == AnswerSide::nothing) course_.answer = AnswerSide::begun;
  if (course_.paused) {
    stash_.append(bytes);
    return;
  }
  process(bytes);
}

void H1Connection::process(std::string_view in) {
  using Event = http::H1Parser::Event;
  while (handler_) {
    if (course_.paused) {
      stash_.assign(in);
      return;
    }
    if (course_.answer == AnswerSide::tunnel) {
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

/// False if the request is over.
bool H1Connection::handle_head() {
  const http::ResponseHead& head = parser_.head();
  if (head.status == 101) {
    course_.answer = AnswerSide::tunnel;
    handler_->on_switch(head);
    return true;
  }
  if (head.status < 200) {
    course_.answer = AnswerSide::interim;
    if (++course_.interims > kInterimsMax) {
      fail(ErrorKind::upstream_protocol, "too many interim answers");
      return false;
    }
    handler_->on_interim(head);
    return true;
  }
  course_.answer = AnswerSide::body;
  keep_waiting();
  count_sent();
  handler_->on_answer_head(head);
  return true;
}

/// False if the answer is complete.
bool H1Connection::handle_end(bool more_bytes) {
  if (course_.answer == AnswerSide::interim) {
    course_.answer = AnswerSide::begun;
    return true;
  }
  course_.answer = parser_.head().keep_alive && !more_bytes ? AnswerSide::whole : AnswerSide::last;
  deadline_.cancel();
  handler_->on_answer_end(parser_.trailers());
  return false;
}

/// A byte has come: the next one may take its time again.
void H1Connection::keep_waiting() {
  if (!waiting()) watch_idle();
}

void H1Connection::start_tunnel() {
  watch_idle();
}

void H1Connection::pause() {
  if (course_.paused) return;
  course_.paused = true;
  deadline_.cancel();  // now it is the client that is waited for
  stream_->pause_reading();
}

void H1Connection::resume() {
  if (!course_.paused) return;
  course_.paused = false;
  watch_idle();
  const std::string held = std::exchange(stash_, {});
  stream_->resume_reading();
  process(held);  // even of nothing: the answer may have ended with the bytes before the pause
}

// ---- endings

void H1Connection::on_eof() {
  if (!handler_) {
    home_.discard(*this);
    return;
  }
  if (course_.answer == AnswerSide::tunnel) {
    handler_->on_tunnel_end();
    return;
  }
  switch (parser_.finish()) {
    case http::H1Parser::Event::end:
      course_.answer = AnswerSide::last;
      deadline_.cancel();
      handler_->on_answer_end({});
      return;
    default:
      on_error(0);
  }
}

void H1Connection::on_error(int error) {
  if (!handler_) {
    home_.discard(*this);
  } else if (link_ == Link::connecting) {
    fail_connecting(error);
  } else if (course_.answer >= AnswerSide::body) {
    fail(ErrorKind::upstream_truncated, "the answer ended early");
  } else if (error == EPROTO && stream_->tls()) {
    fail_tls();
  } else {
    const bool answered = course_.answer != AnswerSide::nothing;
    fail(ErrorKind::upstream_reset, answered ? "closed within the answer's head" : "closed before an answer");
  }
}

void H1Connection::fail_connecting(int error) {
  home_.connect_failed();
  if (error == EPROTO && stream_->tls()) {
    fail_tls();
    return;
  }
  const bool refused = error == ECONNREFUSED || error == ENOENT;  // ENOENT: a Unix socket whose file is gone
  if (io::is_own_want(error, home_.address())) {
    fail(ErrorKind::connect_failed, "the gateway has no port or memory for a connection", {.gateways_want = true});
  } else {
    fail(ErrorKind::connect_failed, refused ? "connection refused" : "no connection", {.refused = refused});
  }
}

void H1Connection::fail(ErrorKind kind, const char* detail, ConnectFault fault) {
  using Stage = Failure::Stage;
  deadline_.cancel();
  const bool in_body = course_.answer >= AnswerSide::body;
  if (kind == ErrorKind::upstream_protocol && in_body) kind = ErrorKind::upstream_truncated;
  const Stage stage = link_ == Link::connecting               ? Stage::connecting
                      : course_.answer == AnswerSide::nothing ? Stage::waiting
                                                              : Stage::answering;
  handler_->on_failed({kind, detail, stage, sent(), reused(), fault.refused, fault.gateways_want});
}

/// The reason in OpenSSL's words is the health checks' to tell: clients need not know it.
void H1Connection::fail_tls() {
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

void H1Connection::timed_out() {
  if (!handler_) {
    home_.discard(*this);
  } else if (link_ == Link::connecting) {
    home_.connect_failed();
    fail(ErrorKind::connect_timeout, "timeouts.connect");
  } else if (waiting()) {
    fail(ErrorKind::first_byte_timeout, "timeouts.first_byte");
  } else if (stream_->congested() && stream_->sent() > counted_) {
    count_sent();  // slow, but not idle: some of what has waited was taken
    watch_idle();
  } else {
    fail(ErrorKind::upstream_idle_timeout, "timeouts.idle");
  }
}

void H1Connection::on_congested() {
  count_sent();
  if (handler_ && course_.request == RequestSide::sending) watch_idle();
  if (handler_) handler_->on_request_congested();
}

void H1Connection::on_drained() {
  count_sent();
  if (handler_ && course_.request == RequestSide::sending) watch_idle();
  if (handler_) handler_->on_request_drained();
}

}  // namespace penstock::upstream
