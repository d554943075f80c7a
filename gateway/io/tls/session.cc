#include "gateway/io/tls/session.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "gateway/base/ip.h"
#include "gateway/base/release.h"
#include "gateway/io/tls/peer.h"
#include "gateway/io/tls/pem.h"
#include "gateway/io/tls/settings.h"

namespace penstock::io {

/// OpenSSL's way to a session's bytes.
struct TlsBio {
  static int read(BIO* bio, char* out, int size) {
    auto* session = static_cast<TlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    std::string_view& from = session->received_;
    if (from.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t n = std::min(from.size(), static_cast<std::size_t>(size));
    std::memcpy(out, from.data(), n);
    from.remove_prefix(n);
    return static_cast<int>(n);
  }

  static int write(BIO* bio, const char* bytes, int size) {
    static_cast<TlsSession*>(BIO_get_data(bio))->append({bytes, static_cast<std::size_t>(size)});
    return size;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "penstock");
      BIO_meth_set_read(made, read);
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      BIO_meth_set_create(made, create);
      return made;
    }();
    return method;
  }
};

namespace {

TlsFailure kind_of(unsigned long error) {
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return TlsFailure::protocol;
  if (reason >= SSL_AD_REASON_OFFSET) return TlsFailure::refused;
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return TlsFailure::plain_http;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return TlsFailure::unsupported;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return TlsFailure::certificate;
    default:
      return TlsFailure::protocol;
  }
}

}  // namespace

int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* own = static_cast<TlsSession*>(SSL_get_app_data(ssl));
  if (!own->resume_) return 0;
  own->resume_->keep(session);
  return 1;
}

// ---- records

std::string_view RecordCursor::rest() const {
  return std::string_view(static_cast<const char*>(piece_->iov_base), piece_->iov_len).substr(offset_);
}

std::string_view RecordCursor::next(std::array<char, TlsScratch::kRecord>& gathered) {
  constexpr std::size_t kMost = 4 * TlsScratch::kRecord;
  std::size_t size = 0;
  while (piece_ != end_ && size < gathered.size()) {
    std::string_view left = rest();
    const bool last = piece_ + 1 == end_;
    if (size == 0 && (left.size() >= gathered.size() || last)) {
      // As it lies, whole records of it; the last piece to its end.
      if (!last || left.size() > kMost)
        left = left.substr(0, std::min(kMost, left.size() / gathered.size() * gathered.size()));
      offset_ += left.size();
      if (rest().empty()) ++piece_, offset_ = 0;
      if (!left.empty()) return left;
      continue;
    }
    left = left.substr(0, gathered.size() - size);
    std::memcpy(gathered.data() + size, left.data(), left.size());
    size += left.size();
    offset_ += left.size();
    if (rest().empty()) ++piece_, offset_ = 0;
  }
  return {gathered.data(), size};
}

// ---- making

TlsSession::TlsSession(TlsScratch& scratch, ServerTlsPtr tls) : scratch_(scratch), server_(std::move(tls)) {
  init(SSL_new(server_->raw()));
  SSL_set_accept_state(ssl_);
}

TlsSession::TlsSession(TlsScratch& scratch, ClientTlsPtr tls, const std::string& name,
                       std::shared_ptr<ResumableSession> resume)
    : scratch_(scratch), client_(std::move(tls)), resume_(std::move(resume)) {
  init(SSL_new(client_->raw()));
  SSL_set_connect_state(ssl_);
  const bool is_address = IpAddress::parse(name).has_value();
  if (!name.empty() && !is_address) SSL_set_tlsext_host_name(ssl_, name.c_str());
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl_);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (client_->verify() && is_address) X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str());
  if (client_->verify() && !is_address) X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size());
  if (resume_ && resume_->get()) SSL_set_session(ssl_, resume_->get());
}

void TlsSession::init(SSL* ssl) {
  BIO* bio = ssl ? BIO_new(TlsBio::method()) : nullptr;
  if (!bio) {
    SSL_free(ssl);
    throw std::bad_alloc();
  }
  ssl_ = ssl;
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, this);
}

TlsSession::~TlsSession() {
  // A connection that was cut says nothing against its session; OpenSSL would not resume it otherwise.
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

// ---- in and out

TlsSession::Step TlsSession::shake(std::string_view received) {
  received_ = received;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return Step::done;
  if (SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) return Step::more;
  fail_by_openssl(result);
  return Step::failed;
}

TlsSession::Step TlsSession::open(std::string_view received) {
  if (!received.empty()) received_ = received;
  opened_size_ = 0;
  ERR_clear_error();
  while (!received_.empty()) {
    std::size_t size = 0;
    char* const to = scratch_.opened.data() + opened_size_;
    const int result = SSL_read_ex(ssl_, to, scratch_.opened.size() - opened_size_, &size);
    opened_size_ += size;
    if (result == 1) continue;
    if (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) return Step::done;
    if (SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) break;
    fail_by_openssl(result);
    return Step::failed;
  }
  return Step::more;
}

bool TlsSession::seal(std::string_view bytes) {
  std::size_t size = 0;
  if (SSL_write_ex(ssl_, bytes.data(), bytes.size(), &size) == 1) return true;
  fail_by_openssl(0);
  return false;
}

void TlsSession::seal_end() {
  end_sealed = true;
  ERR_clear_error();
  SSL_shutdown(ssl_);
}

void TlsSession::append(std::string_view sealed) {
  const bool fits = scratch_.sealed_size + sealed.size() <= scratch_.sealed.size();
  if (queue_.empty() && fits) {
    std::memcpy(scratch_.sealed.data() + scratch_.sealed_size, sealed.data(), sealed.size());
    scratch_.sealed_size += sealed.size();
    return;
  }
  queue_.append(scratch_.sealed.data(), scratch_.sealed_size);
  scratch_.sealed_size = 0;
  queue_.append(sealed);
}

std::string_view TlsSession::sealed() const {
  if (queue_.empty()) return {scratch_.sealed.data(), scratch_.sealed_size};
  return std::string_view(queue_).substr(queue_sent_);
}

void TlsSession::taken(std::size_t size) {
  if (queue_.empty()) {
    queue_.assign(scratch_.sealed.data() + size, scratch_.sealed_size - size);
    scratch_.sealed_size = 0;
    return;
  }
  queue_sent_ += size;
  if (queue_sent_ < queue_.size()) return;
  release(queue_);
  queue_sent_ = 0;
  unasked = 0;
}

// ---- what it has come to

void TlsSession::fail(TlsFailure failure, std::string error) {
  failure_ = failure;
  error_ = std::move(error);
}

void TlsSession::fail_by_openssl(int result) {
  if (SSL_get_error(ssl_, result) != SSL_ERROR_SSL) return fail(TlsFailure::protocol, "the connection is broken");
  const TlsFailure kind = kind_of(ERR_peek_last_error());
  std::string text = take_openssl_reason();
  const long verdict = SSL_get_verify_result(ssl_);
  if (kind == TlsFailure::certificate && verdict != X509_V_OK)
    text += std::string(": ") + X509_verify_cert_error_string(verdict);
  fail(kind, std::move(text));
}

std::string_view TlsSession::plain_answer() const {
  return server_ && failure_ == TlsFailure::plain_http ? std::string_view(server_->plain_answer()) : std::string_view();
}

const char* TlsSession::version() const {
  return SSL_get_version(ssl_);
}

bool TlsSession::resumed() const {
  return SSL_session_reused(ssl_) == 1;
}

std::string_view TlsSession::server_name() const {
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name ? name : std::string_view();
}

bool TlsSession::peer_verified() const {
  return SSL_get0_peer_certificate(ssl_) && SSL_get_verify_result(ssl_) == X509_V_OK &&
         (SSL_get_verify_mode(ssl_) & SSL_VERIFY_PEER) != 0;
}

std::string TlsSession::peer_text() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_);
  return certificate ? text_of(certificate) : std::string();
}

}  // namespace penstock::io
