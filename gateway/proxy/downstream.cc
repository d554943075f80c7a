#include "gateway/proxy/downstream.h"

#include <unistd.h>

#include <utility>

#include "gateway/io/tls/session.h"

namespace penstock::proxy {
namespace {

using http::BodyKind;
using http::Version;

/// What may wait on a connection while an exchange is under way; beyond it the socket is not read.
constexpr std::size_t kStashMax = 64 << 10;
/// How long a connection that we have ended waits for the client to close it, so that no answer is lost by a reset.
constexpr conf::milliseconds kLinger{2'000};

Nanos nanos(conf::milliseconds duration) {
  return static_cast<Nanos>(duration.count()) * kNanosPerMilli;
}

}  // namespace

void Downstream::accept(Context& context, ListenerContextPtr listener, int fd, const io::PeerAddress& peer) {
  const IpAddress client = IpAddress::from_v6(peer.ip);
  ConnectionPlace place;
  auto bound = place.enter(*listener->counts, listener->config.max, client);
  const bool introduced = listener->introducers.contains(client);
  if (!bound && !introduced) bound = place.enter_as(client, listener->config.max);
  if (bound) {
    context.stats.connections_refused[static_cast<std::size_t>(*bound)].add();
    ::close(fd);
    return;
  }
  auto* connection = new Downstream(context, std::move(listener), peer);
  connection->place_ = std::move(place);
  context.connections.push_back(*connection);
  context.stats.connections_accepted.add();
  context.stats.connections_idle.add(1);
  connection->stream_ = io::Stream::adopt(context.loop, fd, *connection);
  connection->arrive(introduced);
}

Downstream::Downstream(Context& context, ListenerContextPtr listener, const io::PeerAddress& peer)
    : context_(context),
      listener_(std::move(listener)),
      ip_(IpAddress::from_v6(peer.ip)),
      deadline_([](void* self) { static_cast<Downstream*>(self)->timed_out(); }, this),
      port_(peer.port) {}

Downstream::~Downstream() = default;

Client Downstream::client() const {
  const io::TlsSession* tls = stream_->tls();
  return {ip_, listener_->config.max.body, tls ? std::string_view(tls->version()) : std::string_view(),
          certificate_ ? std::string_view(*certificate_) : std::string_view()};
}

// ---- bytes in

void Downstream::on_bytes(std::string_view bytes) {
  context_.stats.bytes_received.add(bytes.size());
  if (closing_ || (wait_ == Wait::proxy_header && !read_proxy_header(bytes))) return;
  if (stash_ || blocked()) {
    stash(bytes);
  } else {
    process(bytes);
  }
}

/// Nothing may be taken off what was received for now.
bool Downstream::blocked() const {
  if (paused_) return true;
  if (tunnel_) return false;
  if (exchange_) return request_done_;
  return stream_->congested();  // a client that doesn't read its answers gets no more of them
}

void Downstream::stash(std::string_view in) {
  if (!stash_) stash_ = std::make_unique<std::string>();
  stash_->append(in);
  if (stash_->size() >= kStashMax) stream_->pause_reading();
}

/// Whatever was in the way has gone. Also without bytes that were held: a request may have ended with those before.
void Downstream::unstash() {
  if (processing_ || closing_ || blocked()) return;
  const std::unique_ptr<std::string> held = std::move(stash_);
  if (held) stream_->resume_reading();
  process(held ? std::string_view(*held) : std::string_view());
}

void Downstream::process(std::string_view in) {
  processing_ = true;
  while (stream_ && !closing_ && !blocked()) {
    if (!step(in)) break;
  }
  processing_ = false;
  if (!stream_ || closing_) return;
  if (!in.empty()) stash(in);
  if (parser_ && !exchange_ && parser_->idle()) rest();
}

/// One event of the codec. False if there is none to be had from these bytes.
bool Downstream::step(std::string_view& in) {
  if (tunnel_) {
    if (in.empty()) return false;
    exchange_->on_request_body(std::exchange(in, {}));
    return true;
  }
  if (!parser_) {
    if (in.empty()) return false;
    parser_ = context_.parsers.take();
    parser_->reset(listener_->limits);
    context_.stats.connections_idle.add(-1);
    context_.stats.connections_active.add(1);
  }
  switch (parser_->next(in)) {
    case http::H1Parser::Event::need_more:
      if (!exchange_ && parser_->in_head() && wait_ != Wait::header)
        wait_for(Wait::header, listener_->config.timeouts.header);
      return false;
    case http::H1Parser::Event::head:
      begin_exchange(in);
      return true;
    case http::H1Parser::Event::body:
      wait_for(Wait::body, listener_->config.timeouts.body);
      exchange_->on_request_body(parser_->body(), parser_->chunk());
      return true;
    case http::H1Parser::Event::end:
      request_done_ = true;
      if (wait_ == Wait::body) stop_waiting();
      exchange_->on_request_end(parser_->trailers());
      return true;
    case http::H1Parser::Event::error:
      if (exchange_) {
        exchange_->on_request_error(parser_->error());
      } else {
        refuse(parser_->error());
      }
      return false;
  }
  return false;
}

void Downstream::begin_exchange(std::string_view& in) {
  const http::RequestHead& head = parser_->head();
  request_done_ = head.body == BodyKind::none || (head.body == BodyKind::length && head.content_length == 0);
  if (request_done_) {
    parser_->next(in);  // the end, which takes no bytes
    stop_waiting();
  } else {
    wait_for(Wait::body, listener_->config.timeouts.body);
  }
  ++requests_;
  keep_alive_ = head.keep_alive && requests_ < listener_->config.max.requests_per_connection;
  exchange_ = context_.exchanges.take();
  exchange_->start(context_, *this, client(), head, request_done_);
}

void Downstream::refuse(const http::HeadError& error) {
  stop_waiting();
  request_done_ = false;
  keep_alive_ = false;
  exchange_ = context_.exchanges.take();
  exchange_->refuse(context_, *this, client(), error, parser_->head_bytes().starts_with("HEAD "));
}

// ---- the exchange's wishes

void Downstream::write_head(const OutgoingResponse& response, const http::Framing& framing,
                            std::string_view connection) {
  const http::HeadFields fields = {response.passed, response.added, framing, connection};
  char* const begin = stream_->prepare(http::head_bound(response.line, fields));
  const auto size = static_cast<std::size_t>(http::write_head(begin, response.line, fields) - begin);
  stream_->commit(size);
  context_.stats.bytes_sent.add(size);
}

void Downstream::send_interim(const OutgoingResponse& response) {
  write_head(response, {}, {});
}

void Downstream::send_head(const OutgoingResponse& response, bool last_on_connection) {
  http::Framing framing = response.framing;
  const bool old = parser_->head().version == Version::http10;
  const bool open_ended = framing.body == BodyKind::chunked || framing.body == BodyKind::until_close;
  if (open_ended) framing.body = old ? BodyKind::until_close : BodyKind::chunked;
  chunked_ = framing.body == BodyKind::chunked;
  keep_alive_ = keep_alive_ && !last_on_connection && !context_.draining && !*listener_->closing &&
                framing.body != BodyKind::until_close;
  write_head(response, framing, !keep_alive_ ? "close" : old ? "keep-alive" : "");
}

void Downstream::send_body(std::string_view bytes) {
  if (bytes.empty()) return;
  context_.stats.bytes_sent.add(bytes.size());
  if (chunked_) {
    char size[http::kChunkSizeMax];
    const char* end = http::write_chunk_size(size, bytes.size());
    stream_->write({{size, end}, bytes, "\r\n"});
  } else {
    stream_->write(bytes);
  }
}

void Downstream::send_end(std::span<const http::Field> trailers) {
  if (!chunked_) return;
  chunked_ = false;
  char* const begin = stream_->prepare(http::last_chunk_bound(trailers));
  stream_->commit(static_cast<std::size_t>(http::write_last_chunk(begin, trailers) - begin));
}

void Downstream::abort() {
  aborted_ = true;
  stream_->reset_on_close();
}

void Downstream::start_tunnel() {
  tunnel_ = true;
  keep_alive_ = false;
  stop_waiting();
  unstash();
}

void Downstream::finish_tunnel() {
  stream_->finish();
}

void Downstream::pause_request() {
  paused_ = true;
  if (wait_ == Wait::body) stop_waiting();  // now it is the upstream that is waited for
}

void Downstream::resume_request() {
  if (!paused_) return;
  paused_ = false;
  if (!request_done_ && !tunnel_) wait_for(Wait::body, listener_->config.timeouts.body);
  unstash();
}

void Downstream::exchange_done() {
  exchange_.reset();
  paused_ = false;
  if (aborted_) {
    close(ErrorKind::none);
    return;
  }
  if (!keep_alive_) {
    close_gracefully();
    return;
  }
  request_done_ = false;
  if (processing_) return;
  if (stash_) {
    unstash();
  } else {
    rest();
  }
}

/// Between two requests.
void Downstream::rest() {
  if (parser_) {
    parser_.reset();
    context_.stats.connections_active.add(-1);
    context_.stats.connections_idle.add(1);
  }
  wait_for(Wait::idle, listener_->config.timeouts.idle);
}

// ---- endings

void Downstream::on_eof() {
  if (wait_ == Wait::proxy_header) {
    no_proxy_header(observe::ProxyHeaderFailure::cut);
    return;
  }
  if (tunnel_ && !closing_) {
    exchange_->on_client_end();
    return;
  }
  close(ErrorKind::client_gone);
}

void Downstream::on_error(int) {
  if (wait_ == Wait::handshake) handshake_failed();
  close(ErrorKind::client_gone);
}

void Downstream::close_gracefully() {
  closing_ = true;
  stash_.reset();
  stream_->resume_reading();
  stream_->finish();
  // A client that still reads its last answer has as long for it as any.
  if (!stream_->congested()) wait_for(Wait::linger, kLinger);
}

void Downstream::close(ErrorKind why) {
  if (!stream_) return;
  if (auto exchange = std::move(exchange_)) exchange->on_client_gone(why);
  (parser_ ? context_.stats.connections_active : context_.stats.connections_idle).add(-1);
  parser_.reset();
  deadline_.cancel();
  stream_.reset();
  closing_ = true;
  unlink();
  context_.loop.dispose(std::unique_ptr<io::Disposable>(this));
}

void Downstream::end_exchange_of(std::uint64_t view_number) {
  if (exchange_ && !closing_ && exchange_->view_number() <= view_number) exchange_->on_config_replaced();
}

// ---- waiting

void Downstream::wait_for(Wait what, conf::milliseconds time) {
  wait_ = what;
  context_.loop.arm(deadline_, nanos(time));
}

void Downstream::stop_waiting() {
  wait_ = Wait::idle;
  deadline_.cancel();
}

void Downstream::on_congested() {
  if (exchange_) exchange_->on_client_congested();
  if (!stream_) return;
  write_mark_ = stream_->sent();
  wait_for(Wait::write, listener_->config.timeouts.body);
}

void Downstream::on_drained() {
  if (closing_) {
    wait_for(Wait::linger, kLinger);
    return;
  }
  if (wait_ == Wait::write) stop_waiting();
  if (exchange_) {
    exchange_->on_client_drained();
  } else {
    wait_for(Wait::idle, listener_->config.timeouts.idle);
    unstash();
  }
}

void Downstream::timed_out() {
  switch (wait_) {
    case Wait::proxy_header:
      no_proxy_header(observe::ProxyHeaderFailure::timeout);
      break;
    case Wait::handshake:
      listener_->tls_stats->add(observe::HandshakeResult::timeout);
      close(ErrorKind::client_gone);
      break;
    case Wait::idle:
    case Wait::linger:
      close(ErrorKind::client_gone);
      break;
    case Wait::header:
      refuse({ErrorKind::header_timeout, "timeouts.header"});
      break;
    case Wait::body:
      if (exchange_) exchange_->on_request_error({ErrorKind::body_timeout, "timeouts.body"});
      break;
    case Wait::write:
      if (stream_->sent() != write_mark_) {
        write_mark_ = stream_->sent();
        wait_for(Wait::write, listener_->config.timeouts.body);
      } else {
        stream_->reset_on_close();
        close(ErrorKind::body_timeout);
      }
      break;
  }
}

}  // namespace penstock::proxy
