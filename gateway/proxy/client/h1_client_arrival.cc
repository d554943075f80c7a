// How a client's connection begins, before its first request.
#include "gateway/io/address.h"
#include "gateway/io/tls/session.h"
#include "gateway/proxy/client/h1_client.h"

namespace penstock::proxy {

/// `introduced`: by a PROXY header, which is still to come.
void H1Client::arrive(bool introduced) {
  if (!introduced) {
    begin({});
    return;
  }
  proxy_header_ = std::make_unique<ProxyHeaderReader>();
  wait_for(Wait::proxy_header, listener_->config.proxy_protocol->timeout);
}

/// `received` has come already, and is encrypted if the connection is to be.
void H1Client::begin(std::string_view received) {
  const conf::ListenerTimeouts& timeouts = listener_->config.timeouts;
  if (listener_->tls) {
    stream_->secure(listener_->tls, received);
    wait_for(Wait::handshake, timeouts.header);
  } else {
    wait_for(Wait::idle, timeouts.idle);
  }
}

// ---- the PROXY header

/// Takes the header off what has come. True if what is left is HTTP's.
bool H1Client::read_proxy_header(std::string_view& in) {
  switch (proxy_header_->read(in)) {
    case ProxyHeaderReader::Result::need_more:
      return false;
    case ProxyHeaderReader::Result::malformed:
      no_proxy_header(observe::ProxyHeaderFailure::malformed);
      return false;
    case ProxyHeaderReader::Result::done:
      break;
  }
  if (const auto& told = proxy_header_->told()) {
    ip_ = told->client;
    port_ = told->client_port;
  }
  if (const auto bound = place_.enter_as(ip_, listener_->config.max)) {
    context_.stats.connections_refused[static_cast<std::size_t>(*bound)].add();
    close(ErrorKind::client_gone);
    return false;
  }
  begin(in);
  return !listener_->tls;
}

/// Without a word: nobody knows what the peer would make of it. Whoever has said nothing has only looked whether there
/// is somebody.
void H1Client::no_proxy_header(observe::ProxyHeaderFailure why) {
  const bool only_looked = why == observe::ProxyHeaderFailure::cut && !proxy_header_->begun();
  if (!only_looked) context_.stats.proxy_header_failures[static_cast<std::size_t>(why)].add();
  close(ErrorKind::client_gone);
}

std::optional<ProxiedConnection> H1Client::addresses() const {
  if (proxy_header_ && proxy_header_->told()) return proxy_header_->told();
  const io::SocketAddress local = stream_->local_address();
  if (local.family() != AF_INET && local.family() != AF_INET6) return std::nullopt;
  const auto end = io::PeerAddress::from(local);
  return ProxiedConnection{ip_, IpAddress::from_v6(end.ip), port_, end.port};
}

// ---- encryption

void H1Client::on_connected() {
  const io::TlsSession& tls = *stream_->tls();
  listener_->tls_stats->add(tls.resumed() ? observe::HandshakeResult::resumed : observe::HandshakeResult::full);
  if (tls.peer_verified()) certificate_ = std::make_unique<std::string>(tls.peer_text());
  if (!closing_) wait_for(Wait::idle, listener_->config.timeouts.idle);
}

void H1Client::handshake_failed() {
  const auto failure = static_cast<std::size_t>(stream_->tls()->failure());
  constexpr auto kFirst = static_cast<std::size_t>(observe::HandshakeResult::closed);
  static_assert(kFirst + static_cast<std::size_t>(io::TlsFailure::protocol) - 1 ==
                static_cast<std::size_t>(observe::HandshakeResult::protocol));
  // Without a failure of TLS it is the connection that has broken.
  const std::size_t result = kFirst + (failure == 0 ? 0 : failure - 1);
  listener_->tls_stats->add(static_cast<observe::HandshakeResult>(result));
}

}  // namespace penstock::proxy
