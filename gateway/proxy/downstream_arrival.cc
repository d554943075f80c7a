// How a client's connection begins, before its first request.
#include "gateway/io/address.h"
#include "gateway/proxy/downstream.h"

namespace penstock::proxy {

void Downstream::arrive() {
  if (!listener_->introducers.contains(ip_)) {
    wait_for(Wait::idle, listener_->config.timeouts.idle);
    return;
  }
  proxy_header_ = std::make_unique<ProxyHeaderReader>();
  wait_for(Wait::proxy_header, listener_->config.proxy_protocol->timeout);
}

/// Takes the header off what has come. True once it is there as a whole; the connection may have been closed.
bool Downstream::read_proxy_header(std::string_view& in) {
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
  wait_for(Wait::idle, listener_->config.timeouts.idle);
  return true;
}

/// Without a word: nobody knows what the peer would make of it. Whoever has said nothing has only looked whether there
/// is somebody.
void Downstream::no_proxy_header(observe::ProxyHeaderFailure why) {
  const bool only_looked = why == observe::ProxyHeaderFailure::cut && !proxy_header_->begun();
  if (!only_looked) context_.stats.proxy_header_failures[static_cast<std::size_t>(why)].add();
  close(ErrorKind::client_gone);
}

std::optional<ProxiedConnection> Downstream::addresses() const {
  if (proxy_header_ && proxy_header_->told()) return proxy_header_->told();
  const io::SocketAddress local = stream_->local_address();
  if (local.family() != AF_INET && local.family() != AF_INET6) return std::nullopt;
  const auto end = io::PeerAddress::from(local);
  return ProxiedConnection{ip_, IpAddress::from_v6(end.ip), port_, end.port};
}

}  // namespace penstock::proxy
