// TLS in front of a backend: what comes in encrypted is passed on to it in plain text, and back.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/authority.h"
#include "tests/support/backend.h"
#include "tests/support/socket.h"

struct ssl_ctx_st;
struct ssl_st;

namespace penstock::e2e {

/// One thread accepts, one serves each connection. The backend must live longer.
class TlsFront {
 public:
  struct Options {
    std::string client_ca{};  ///< PEM: clients must have a certificate by it
    bool only_v1_2 = false;
    std::size_t first_in_plain = 0;  ///< so many bytes come ahead of the handshake, and go to the backend
    SocketAddress address = SocketAddress::ipv4();
  };

  TlsFront(const Backend& backend, const testing_support::KeyPair& pair) : TlsFront(backend, pair, Options()) {}
  TlsFront(const Backend& backend, const testing_support::KeyPair& pair, const Options& options);
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  /// As the configuration writes it; `named`: by a name, which must resolve to it.
  std::string address() const { return address_.text(); }
  std::uint16_t port() const { return address_.port(); }
  std::string named(const std::string& host) const { return host + ":" + std::to_string(port()); }

  /// A handshake that was done, as this end saw it.
  struct Handshake {
    std::string asked_name;  ///< SNI; empty: none
    std::string client;      ///< the CN of its certificate; empty: none
    bool resumed;
  };
  /// Waits until there are as many.
  std::vector<Handshake> handshakes(std::size_t count);
  std::size_t handshake_count() const;

 private:
  struct ContextFree {
    void operator()(ssl_ctx_st* context) const;
  };
  void accept_connections();
  void serve(Fd client);
  void pass_on(ssl_st* ssl, const Fd& client, const Fd& backend);

  // Constant after construction.
  std::unique_ptr<ssl_ctx_st, ContextFree> context_;
  const std::string backend_;
  const std::size_t first_in_plain_;
  Fd listener_;
  SocketAddress address_;
  Fd stop_;  ///< an eventfd: readable when the test is over

  // Shared, under the mutex.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Handshake> handshakes_;
  std::list<std::thread> serving_;

  std::thread acceptor_;
};

}  // namespace penstock::e2e
