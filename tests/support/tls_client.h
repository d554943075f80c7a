// A client that speaks TLS: OpenSSL on one side, and on the other a socket pair, so that tests use it like any Client.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/authority.h"
#include "tests/support/client.h"

struct ssl_session_st;

namespace penstock::e2e {

/// How to shake hands.
struct Hello {
  std::string name = "api.example";  ///< the SNI; empty: none
  std::string ca = {};               ///< PEM; empty: whatever answers is trusted
  testing_support::KeyPair certificate = {};
  int version = 0;        ///< 0x0303 for 1.2, 0x0304 for 1.3; 0: the newest
  bool rsa_only = false;  ///< only signatures of RSA
  std::string alpn = {};  ///< "h2": one name; empty: no ALPN
  std::shared_ptr<ssl_session_st> session = nullptr;
  std::string before = {};  ///< goes ahead in plain text, in one segment with the beginning of the handshake
};

/// What the handshake came to.
struct Shaken {
  std::string error;  ///< empty if it is done
  std::string version;
  bool resumed = false;
  std::string certificate_name;  ///< the subject's CN
  std::string key_type;          ///< "EC", "RSA"
  std::string alpn;
  std::string staple;
};

/// Shakes hands when constructed, with a deadline; a thread carries the bytes from then on.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, const Hello& hello = {});
  ~TlsClient();

  const Shaken& shaken() const { return shaken_; }
  /// The decrypted side.
  Client& operator*() { return *client_; }
  Client* operator->() { return client_.get(); }

  /// To resume by the next connection; of what has been received so far. Ends the connection.
  std::shared_ptr<ssl_session_st> session();
  /// How the other side has ended the connection; waits for that. True: by close_notify.
  bool ended_cleanly();

 private:
  struct Pump;
  std::unique_ptr<Pump> pump_;
  Shaken shaken_;
  std::unique_ptr<Client> client_;
};

}  // namespace penstock::e2e
