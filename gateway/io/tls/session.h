// TLS on one connection: what a Stream asks to seal and to open, and knows of the peer. For Stream; others read it.
//
// OpenSSL reads from the bytes that a turn of the loop has received, and writes into a buffer of the loop's, so that
// one recv serves several records and one send takes several. What waits for the socket is the session's own.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/io/tls/context.h"

struct ssl_st;

namespace penstock::io {

/// Shared by all streams of a loop, and used within one call only.
struct TlsScratch {
  static constexpr std::size_t kRecord = 16 << 10;
  /// What one receive (64 KiB) and the part of a record before it can open to.
  std::array<char, 96 << 10> opened;
  std::array<char, kRecord> gathered;
  std::array<char, 160 << 10> sealed;
  std::size_t sealed_size = 0;
};

/// Why a handshake, or what came after it, failed. observe::HandshakeResult has the names.
enum class TlsFailure : std::uint8_t {
  none,
  closed,       ///< the peer left in the middle of the handshake
  plain_http,   ///< it speaks HTTP without encryption
  unsupported,  ///< no version, cipher or protocol in common
  certificate,  ///< the peer's is missing or not valid
  refused,      ///< the peer has refused us by an alert: our certificate, most often
  protocol,     ///< anything else; not TLS at all
};

/// Cuts pieces into what goes into records: 16 KiB each where there is enough, without copying what is long.
class RecordCursor {
 public:
  RecordCursor(const iovec* pieces, int count) : piece_(pieces), end_(pieces + count) {}
  /// At most 64 KiB; empty at the end. Uses `gathered` where several pieces make a record.
  std::string_view next(std::array<char, TlsScratch::kRecord>& gathered);

 private:
  std::string_view rest() const;

  const iovec* piece_;
  const iovec* end_;
  std::size_t offset_ = 0;
};

class TlsSession {
 public:
  /// `name`: what the certificate must be for, and, if it is no IP address, what is asked for. `resume` may be null.
  TlsSession(TlsScratch& scratch, ClientTlsPtr tls, const std::string& name, std::shared_ptr<ResumableSession> resume);
  TlsSession(TlsScratch& scratch, ServerTlsPtr tls);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // ---- what the handshake has come to

  /// "TLSv1.3".
  const char* version() const;
  bool resumed() const;
  /// The name that the client asked for, as it wrote it; empty if none.
  std::string_view server_name() const;
  /// The peer has shown a certificate, which is valid.
  bool peer_verified() const;
  /// The peer's certificate in the form of Envoy's X-Forwarded-Client-Cert:
  /// Hash=SHA256;Subject="RFC 4514";URI=…;DNS=…. Empty if it has shown none.
  std::string peer_text() const;
  TlsFailure failure() const { return failure_; }
  /// For logs: "certificate verify failed: certificate has expired". Empty if nothing has failed.
  const std::string& error() const { return error_; }

  // ---- for Stream

  enum class Step : std::uint8_t { more, done, failed };
  /// Goes on with what was received, of which open() gets the rest.
  Step shake(std::string_view received);
  /// Opens what was received into opened(). `done`: the peer has said that no more will come.
  Step open(std::string_view received);
  std::string_view opened() const { return {scratch_.opened.data(), opened_size_}; }
  /// At most 64 KiB. False if that can't be.
  bool seal(std::string_view bytes);
  /// Tells the peer that no more will come.
  void seal_end();
  void fail(TlsFailure failure, std::string error);
  /// What the peer should be told without encryption; empty: nothing.
  std::string_view plain_answer() const;

  /// Goes out as it is, before all that is sealed.
  void write_first(std::string bytes) { queue_ = std::move(bytes); }
  /// What goes to the socket now. While something waits there, all that is sealed lines up behind it.
  std::string_view sealed() const;
  /// The socket has taken so much of sealed(); the rest waits.
  void taken(std::size_t size);
  std::size_t waiting() const { return queue_.size() - queue_sent_; }

  std::string early;          ///< received before the stream was secured, or sent before the handshake
  bool end_pending = false;   ///< the peer's end, which the owner hears of when it reads on
  bool end_sealed = false;    ///< ours
  std::uint32_t unasked = 0;  ///< bytes that reading made us say since the socket took all

 private:
  friend struct TlsBio;
  void init(ssl_st* ssl);
  void fail_by_openssl(int result);
  void append(std::string_view sealed);

  TlsScratch& scratch_;
  const ServerTlsPtr server_;
  const ClientTlsPtr client_;
  const std::shared_ptr<ResumableSession> resume_;
  ssl_st* ssl_ = nullptr;
  std::string_view received_;  ///< valid within shake() and open(), and between the two
  std::size_t opened_size_ = 0;
  std::string queue_;
  std::size_t queue_sent_ = 0;
  TlsFailure failure_ = TlsFailure::none;
  std::string error_;

  friend int keep_session(ssl_st* ssl, ssl_session_st* session);
};

}  // namespace penstock::io
