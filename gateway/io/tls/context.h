// What the encrypted connections of one listener, or to one upstream, have in common: certificates, authorities, rules.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/io/tls/files.h"
#include "gateway/io/tls/ticket_keys.h"

struct ssl_ctx_st;
struct ssl_session_st;

namespace penstock::io {

struct SslContextFree {
  void operator()(ssl_ctx_st* context) const;
};
using SslContext = std::unique_ptr<ssl_ctx_st, SslContextFree>;

/// The server's side. Immutable; any thread. Connections hold it for as long as they live.
///
/// Ciphers and curves are Mozilla's "intermediate" in its order; without DHE, whose handshakes cost a server more than
/// its clients (CVE-2002-20001). No compression, no renegotiation, no early data.
class ServerTls {
 public:
  struct Certificate {
    TlsFile cert;  ///< PEM: the certificate, and behind it those that lead to its authority
    TlsFile key;   ///< PEM
    TlsFile ocsp;  ///< DER; no path: none
    friend bool operator==(const Certificate&, const Certificate&) = default;
  };
  struct Parts {
    std::vector<Certificate> certificates;  ///< at least one; the first is for clients that ask for no name of any
    TlsFile client_ca;                      ///< PEM; needed if clients are asked
    ClientCertificates clients = ClientCertificates::none;
    TlsVersion min_version = TlsVersion::v1_2;
    std::shared_ptr<TicketKeys> tickets;  ///< needed
    /// Sent as it is to whoever speaks HTTP without encryption; empty: nothing.
    std::string plain_answer;
  };
  /// What the metrics tell of a certificate.
  struct Facts {
    std::string path;
    std::string name;  ///< its first host name, or else its subject
    std::int64_t not_after_unix_s = 0;
  };

  /// nullptr if there are problems. Slow: some 100 µs for each certificate.
  static std::shared_ptr<const ServerTls> make(const Parts& parts, TlsReport& report);
  ~ServerTls();
  ServerTls(const ServerTls&) = delete;
  ServerTls& operator=(const ServerTls&) = delete;

  const std::vector<Facts>& certificates() const { return facts_; }
  ClientCertificates clients() const { return clients_; }
  const std::string& plain_answer() const { return plain_answer_; }

  // For the folder io/ only.
  ssl_ctx_st* raw() const { return default_; }
  /// The context of a name in any case; nullptr for one that no certificate is for.
  ssl_ctx_st* find(std::string_view name) const;
  TicketKeys& tickets() const { return *tickets_; }

 private:
  struct Loaded;
  class Maker;
  ServerTls();

  std::vector<Loaded> loaded_;
  std::vector<SslContext> contexts_;
  std::unordered_map<std::string, ssl_ctx_st*> by_name_;  ///< wildcards as "*.example.com"
  ssl_ctx_st* default_ = nullptr;
  std::vector<Facts> facts_;
  ClientCertificates clients_ = ClientCertificates::none;
  std::shared_ptr<TicketKeys> tickets_;
  std::string plain_answer_;
};
using ServerTlsPtr = std::shared_ptr<const ServerTls>;

/// The client's side. Immutable; any thread. Connections hold it for as long as they live.
class ClientTls {
 public:
  struct Parts {
    TlsFile ca;  ///< PEM; no path: the system's authorities
    TlsFile cert;
    TlsFile key;
    bool verify = true;
    TlsVersion min_version = TlsVersion::v1_2;
    friend bool operator==(const Parts&, const Parts&) = default;
  };
  /// The file of the system's authorities: SSL_CERT_FILE, or where OpenSSL was built to look.
  static std::string system_authorities();
  /// nullptr if there are problems. Slow where the system's authorities are read.
  static std::shared_ptr<const ClientTls> make(const Parts& parts, TlsReport& report);

  // For the folder io/ only.
  ssl_ctx_st* raw() const { return context_.get(); }
  bool verify() const { return verify_; }

 private:
  ClientTls() = default;

  SslContext context_;
  bool verify_ = true;
};
using ClientTlsPtr = std::shared_ptr<const ClientTls>;

/// The newest session of one endpoint, which the next connection to it resumes. Belongs to one thread.
class ResumableSession {
 public:
  ResumableSession() = default;
  ~ResumableSession() { keep(nullptr); }
  ResumableSession(const ResumableSession&) = delete;
  ResumableSession& operator=(const ResumableSession&) = delete;

  // For the folder io/ only.
  ssl_session_st* get() const { return session_; }
  /// Takes it over.
  void keep(ssl_session_st* session);

 private:
  ssl_session_st* session_ = nullptr;
};

}  // namespace penstock::io
