#include "gateway/proxy/client/h1_client.h"

#include <unistd.h>

#include <utility>

#include "gateway/http/h1_writer.h"
#include "gateway/io/tls/session.h"

namespace penstock::proxy {
namespace {

using http::BodyKind;
using http::Version;

/// What may wait on a connection while an exchange is under way; beyond it the socket is not read.
constexpr std::size_t kStashMax = 64 << 10;
/// How long a connection that we have ended waits for the client to close it, so that no answer is lost by a reset.
constexpr conf::milliseconds kLinger{2'000};

}  // namespace

void H1Client::accept(Context& context, ListenerContextPtr listener, int fd, const io::PeerAddress& peer) {
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
  auto* connection = new H1Client(context, std::move(listener), peer);
  connection->place_ = std::move(place);
  context.connections.push_back(*connection);
  context.stats.connections_accepted.add();
  context.stats.connections_idle.add(1);
  connection->stream_ = io::Stream::adopt(context.loop, fd, *connection);
  connection->arrive(introduced);
}

H1Client::H1Client(Context& context, ListenerContextPtr listener, const io::PeerAddress& peer)
    : context_(context),
      listener_(std::move(listener)),
      ip_(IpAddress::from_v6(peer.ip)),
      deadline_(Deadline::of<&H1Client::timed_out>(this)),
      port_(peer.port) {}

H1Client::~H1Client() = default;

Client H1Client::client() const {
  const io::TlsSession* tls = stream_->tls();
  return {ip_, listener_->config.max.body, tls ? std::string_view(tls->version()) : std::string_view(),
          certificate_ ? std::string_view(*certificate_) : std::string_view()};
}

// ---- bytes in

void H1Client::on_bytes(std::string_view bytes) {
  context_.stats.bytes_received.add(bytes.size());
  if (closing_ || (wait_ == Wait::proxy_header && !read_proxy_header(bytes))) return;
  if (stash_ || blocked()) {
    stash(bytes);
  } else {
    process(bytes);
  }
}

/// Nothing may be taken off what was received for now.
bool H1Client::blocked() const {
  if (paused_) return true;
  if (tunnel_) return false;
  if (exchange_) return request_done_;
  return stream_->congested();  // a client that doesn't read its answers gets no more of them
}

void H1Client::stash(std::string_view in) {
  if (!stash_) stash_ = std::make_unique<std::string>();
  stash_->append(in);
  if (stash_->size() >= kStashMax) stream_->pause_reading();
}

/// Whatever was in the way has gone. Also without bytes that were held: a request may have ended with those before.
void H1Client::unstash() {
  if (processing_ || closing_ || blocked()) return;
  const std::unique_ptr<std::string> held = std::move(stash_);
  if (held) stream_->resume_reading();
  process(held ? std::string_view(*held) : std::string_view());
}

void H1Client::process(std::string_view in) {
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
bool H1Client::step(std::string_view& in) {
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

void H1Client::begin_exchange(std::string_view& in) {
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

void H1Client::refuse(const http::HeadError& error) {
  stop_waiting();
  request_done_ = false;
  keep_alive_ = false;
  exchange_ = context_.exchanges.take();
  exchange_->refuse(context_, *this, client(), error, parser_->head_bytes().starts_with("HEAD "));
}

// ---- the exchange's wishes

void H1Client::write_head(const http::OutgoingResponse& response, const http::Framing& framing,
                          std::string_view connection) {
  const http::HeadFields fields = {response.passed, response.added, framing, connection};
  char* const begin = stream_->prepare(http::head_bound(response.line, fields));
  const auto size = static_cast<std::size_t>(http::write_head(begin, response.line, fields) - begin);
  stream_->commit(size);
  context_.stats.bytes_sent.add(size);
}

void H1Client::send_interim(const http::OutgoingResponse& response) {
  write_head(response, {}, {});
}

void H1Client::send_head(const http::OutgoingResponse& response, bool last_on_connection) {
  http::Framing framing = response.framing;
  const bool old = parser_->head().version == Version::http10;
  const bool open_ended = framing.body == BodyKind::chunked || framing.body == BodyKind::until_close;
  if (open_ended) framing.body = old ? BodyKind::until_close : BodyKind::chunked;
  chunked_ = framing.body == BodyKind::chunked;
  keep_alive_ = keep_alive_ && !last_on_connection && !context_.draining && !*listener_->closing &&
                framing.body != BodyKind::until_close;
  write_head(response, framing, !keep_alive_ ? "close" : old ? "keep-alive" : "");
}

void H1Client::send_body(std::string_view bytes) {
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

void H1Client::send_end(std::span<const http::Field> trailers) {
  if (!chunked_) return;
  chunked_ = false;
  char* const begin = stream_->prepare(http::last_chunk_bound(trailers));
  stream_->commit(static_cast<std::size_t>(http::write_last_chunk(begin, trailers) - begin));
}

void H1Client::abort() {
  aborted_ = true;
  stream_->reset_on_close();
}

void H1Client::start_tunnel() {
  tunnel_ = true;
  keep_alive_ = false;
  stop_waiting();
  unstash();
}

void H1Client::finish_tunnel() {
  stream_->finish();
}

void H1Client::pause_request() {
  paused_ = true;
  if (wait_ == Wait::body) stop_waiting();  // now it is the upstream that is waited for
}

void H1Client::resume_request() {
  if (!paused_) return;
  paused_ = false;
  if (!request_done_ && !tunnel_) wait_for(Wait::body, listener_->config.timeouts.body);
  unstash();
}

void H1Client::exchange_done() {
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
void H1Client::rest() {
  if (parser_) {
    parser_.reset();
    context_.stats.connections_active.add(-1);
    context_.stats.connections_idle.add(1);
  }
  wait_for(Wait::idle, listener_->config.timeouts.idle);
}

// ---- endings

void H1Client::on_eof() {
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

void H1Client::on_error(int) {
  if (wait_ == Wait::handshake) handshake_failed();
  close(ErrorKind::client_gone);
}

void H1Client::close_gracefully() {
  closing_ = true;
  stash_.reset();
  stream_->resume_reading();
  stream_->finish();
  // A client that still reads its last answer has as long for it as any.
  if (!stream_->congested()) wait_for(Wait::linger, kLinger);
}

void H1Client::close(ErrorKind why) {
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

void H1Client::end_exchanges_of(std::uint64_t view_number) {
  if (exchange_ && !closing_ && exchange_->view_number() <= view_number) exchange_->on_config_replaced();
}

// ---- waiting

void H1Client::wait_for(Wait what, conf::milliseconds time) {
  wait_ = what;
  context_.loop.arm(deadline_, nanos(time));
}

void H1Client::stop_waiting() {
  wait_ = Wait::idle;
  deadline_.cancel();
}

void H1Client::on_congested() {
  if (exchange_) exchange_->on_client_congested();
  if (!stream_) return;
  write_mark_ = stream_->sent();
  wait_for(Wait::write, listener_->config.timeouts.body);
}

void H1Client::on_drained() {
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

void H1Client::timed_out() {
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
