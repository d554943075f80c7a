// Two streams of one loop, encrypted, over a real connection.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/io/listener.h"
#include "gateway/io/tls/context.h"
#include "gateway/io/tls/session.h"
#include "tests/support/authority.h"
#include "tests/unit/io/loop_fixture.h"

namespace penstock::io {

using testing_support::Authority;
using testing_support::KeyPair;
using testing_support::Wanted;

/// RSA keys take a tenth of a second: one for all tests.
inline const Authority& authority() {
  static const Authority one;
  return one;
}
inline KeyPair pair_for(const std::string& san) {
  return authority().sign({.san = san});
}
inline ServerTls::Certificate files(const KeyPair& pair, const std::string& name = "api") {
  return {{name + ".crt", pair.cert}, {name + ".key", pair.key}, {}};
}

class TlsTest : public LoopTest {
 protected:
  std::shared_ptr<TicketKeys> tickets = std::make_shared<TicketKeys>(Loop::clock());
  TlsReport report;
  Recorder server, client;
  StreamPtr server_stream, client_stream;
  std::shared_ptr<ResumableSession> resume = std::make_shared<ResumableSession>();

  ServerTls::Parts server_parts(std::vector<ServerTls::Certificate> certificates) {
    ServerTls::Parts parts;
    parts.certificates = std::move(certificates);
    parts.tickets = tickets;
    return parts;
  }
  ServerTls::Parts server_parts(const std::string& san) { return server_parts({files(pair_for(san))}); }
  ServerTlsPtr make(const ServerTls::Parts& parts) { return ServerTls::make(parts, report); }
  ClientTls::Parts client_parts() {
    ClientTls::Parts parts;
    parts.ca = {"ca.crt", authority().pem()};
    return parts;
  }
  ClientTlsPtr make(const ClientTls::Parts& parts) { return ClientTls::make(parts, report); }

  /// Both sides of a new connection, the handshake not yet begun.
  void connect(const ServerTlsPtr& tls, const ClientTlsPtr& with, const std::string& name) {
    server = client = Recorder();
    server_stream.reset(), client_stream.reset();
    Listener listener(
        loop, *SocketAddress::from_ip("127.0.0.1", 0),
        [&](int fd, const PeerAddress&) {
          server_stream = Stream::adopt(loop, fd, server);
          server_stream->secure(tls);
        },
        [](int) {});
    client_stream = Stream::connect(loop, listener.address(), client);
    client_stream->secure(with, name, resume);
    EXPECT_TRUE(run_until([&] { return server_stream != nullptr; }));
  }
  /// "" or why the client's or the server's handshake has failed.
  std::string shake_hands() {
    EXPECT_TRUE(run_until(
        [&] { return (client.connected || client.errors) && (server.connected || server.errors || client.errors); }));
    return client.errors ? client_stream->tls()->error() : server.errors ? server_stream->tls()->error() : "";
  }
  std::string handshake(const ServerTlsPtr& tls, const ClientTlsPtr& with, const std::string& name) {
    connect(tls, with, name);
    return shake_hands();
  }
};

}  // namespace penstock::io
