#include "tests/support/tls_client.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <string_view>
#include <thread>
#include <utility>

namespace penstock::e2e {
namespace {

BIO* bio_of(const std::string& text) {
  return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
}

void show(SSL* ssl, const testing_support::KeyPair& pair) {
  BIO* const cert = bio_of(pair.cert);
  BIO* const key = bio_of(pair.key);
  X509* const certificate = PEM_read_bio_X509(cert, nullptr, nullptr, nullptr);
  EVP_PKEY* const private_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
  SSL_use_certificate(ssl, certificate);
  SSL_use_PrivateKey(ssl, private_key);
  X509_free(certificate);
  EVP_PKEY_free(private_key);
  BIO_free(cert);
  BIO_free(key);
}

void trust(SSL_CTX* context, const std::string& ca) {
  BIO* const bio = bio_of(ca);
  X509* const authority = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  X509_free(authority);
  BIO_free(bio);
}

/// OpenSSL writes to sockets without MSG_NOSIGNAL.
class WithoutBrokenPipes {
 public:
  WithoutBrokenPipes() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }
  ~WithoutBrokenPipes() {
    const timespec at_once{};
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    while (sigtimedwait(&pipe, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t before_;
};

std::string reason_of(unsigned long error) {
  // OpenSSL 3.0.13 (Ubuntu 24.04) has no words for this alert.
  const bool no_protocol = ERR_GET_REASON(error) == SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL;
  const char* reason = no_protocol ? "no application protocol" : ERR_reason_error_string(error);
  return reason ? reason : "the connection has ended";
}

std::string common_name(X509* certificate) {
  char text[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  return text;
}

}  // namespace

/// The thread and what it carries. Bytes go from a side only when the other takes them.
struct TlsClient::Pump {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = nullptr;
  Fd socket;
  Fd plain;
  std::shared_ptr<SSL_SESSION> newest;
  bool clean = false;
  std::thread thread;

  ~Pump() {
    if (thread.joinable()) thread.join();
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
    SSL_CTX_free(context);
  }

  void prepare(const Hello& hello) {
    if (!hello.ca.empty()) trust(context, hello.ca);
    if (hello.version) {
      SSL_CTX_set_min_proto_version(context, hello.version);
      SSL_CTX_set_max_proto_version(context, hello.version);
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, [](SSL* of, SSL_SESSION* session) {
      static_cast<Pump*>(SSL_get_app_data(of))->newest = {session, SSL_SESSION_free};
      return 1;
    });
    ssl = SSL_new(context);
    SSL_set_app_data(ssl, this);
    SSL_set_fd(ssl, socket.get());
    SSL_set_connect_state(ssl);
    if (hello.rsa_only) SSL_set1_sigalgs_list(ssl, "RSA-PSS+SHA256:RSA+SHA256");
    if (!hello.name.empty()) SSL_set_tlsext_host_name(ssl, hello.name.c_str());
    if (!hello.certificate.cert.empty()) show(ssl, hello.certificate);
    if (hello.session) SSL_set_session(ssl, hello.session.get());
    SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
    if (hello.alpn.empty()) return;
    const std::string wire = static_cast<char>(hello.alpn.size()) + hello.alpn;
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned int>(wire.size()));
  }

  std::string shake() {
    const WithoutBrokenPipes quiet;
    const Deadline deadline;
    while (true) {
      ERR_clear_error();
      const int result = SSL_do_handshake(ssl);
      if (result == 1) return "";
      const int why = SSL_get_error(ssl, result);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
        return reason_of(ERR_peek_last_error());
      }
      pollfd watched = {socket.get(), static_cast<short>(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
      if (::poll(&watched, 1, deadline.remaining_ms()) == 0) throw TimedOut("the handshake stands still");
    }
  }

  void run() {
    const WithoutBrokenPipes quiet;
    std::string up, down;
    bool up_open = true, down_open = true;
    while (down_open || !down.empty()) {
      pollfd watched[] = {
          {socket.get(), static_cast<short>((down.empty() && down_open ? POLLIN : 0) | (up.empty() ? 0 : POLLOUT)), 0},
          {plain.get(), static_cast<short>((up.empty() && up_open ? POLLIN : 0) | (down.empty() ? 0 : POLLOUT)), 0}};
      if (::poll(watched, 2, -1) < 0 && errno != EINTR) return;
      if (watched[1].revents & POLLERR) return;  // the test has closed its end
      if ((watched[1].revents & POLLHUP) && !up_open) return;
      if (up.empty() && up_open) up_open = take_plain(up);
      if (!up.empty() && !put_sealed(up)) return;
      if (down.empty() && down_open) down_open = take_sealed(down);
      if (!down.empty() && !put_plain(down)) return;
    }
    ::shutdown(plain.get(), SHUT_WR);
  }

  bool take_plain(std::string& up) {
    char bytes[32 << 10];
    const ssize_t size = ::recv(plain.get(), bytes, sizeof bytes, 0);
    if (size > 0) up.assign(bytes, static_cast<std::size_t>(size));
    if (size == 0) SSL_shutdown(ssl);
    return size != 0;
  }
  bool put_sealed(std::string& up) {
    std::size_t size = 0;
    ERR_clear_error();
    if (SSL_write_ex(ssl, up.data(), up.size(), &size) == 1) {
      up.erase(0, size);
      return true;
    }
    const int why = SSL_get_error(ssl, 0);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return true;
    ::shutdown(plain.get(), SHUT_RDWR);
    return false;
  }
  bool take_sealed(std::string& down) {
    char bytes[32 << 10];
    std::size_t size = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl, bytes, sizeof bytes, &size) == 1) {
      down.assign(bytes, size);
      return true;
    }
    const int why = SSL_get_error(ssl, 0);
    clean = why == SSL_ERROR_ZERO_RETURN;
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
  }
  bool put_plain(std::string& down) {
    const ssize_t size = ::send(plain.get(), down.data(), down.size(), MSG_NOSIGNAL);
    if (size > 0) down.erase(0, static_cast<std::size_t>(size));
    return size > 0 || errno == EAGAIN;
  }
};

TlsClient::TlsClient(std::uint16_t port, const Hello& hello) : pump_(std::make_unique<Pump>()) {
  pump_->socket = connect_to(SocketAddress::ipv4(port));
  if (!hello.before.empty())
    must(static_cast<int>(::send(pump_->socket.get(), hello.before.data(), hello.before.size(), MSG_MORE)), "send");
  pump_->prepare(hello);
  shaken_.error = pump_->shake();
  if (!shaken_.error.empty()) return;
  SSL* const ssl = pump_->ssl;
  shaken_.version = SSL_get_version(ssl);
  shaken_.resumed = SSL_session_reused(ssl) == 1;
  X509* const shown = SSL_get0_peer_certificate(ssl);
  shaken_.certificate_name = common_name(shown);
  shaken_.key_type = EVP_PKEY_get0_type_name(X509_get0_pubkey(shown));
  const unsigned char* alpn = nullptr;
  unsigned int alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  shaken_.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  unsigned char* staple = nullptr;
  const long staple_size = SSL_get_tlsext_status_ocsp_resp(ssl, &staple);
  if (staple_size > 0)
    shaken_.staple.assign(reinterpret_cast<const char*>(staple), static_cast<std::size_t>(staple_size));
  int pair[2];
  must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), "socketpair");
  pump_->plain = Fd(pair[0]);
  client_ = std::make_unique<Client>(Fd(pair[1]));
  pump_->thread = std::thread([pump = pump_.get()] { pump->run(); });
}

TlsClient::~TlsClient() {
  if (pump_->plain.is_open()) ::shutdown(pump_->plain.get(), SHUT_RDWR);
  client_.reset();
  if (pump_->socket.is_open()) ::shutdown(pump_->socket.get(), SHUT_RDWR);
}

std::shared_ptr<ssl_session_st> TlsClient::session() {
  ended_cleanly();
  return pump_->newest;
}

bool TlsClient::ended_cleanly() {
  if (client_) {
    client_->read_to_end();
    client_->close();
  }
  if (pump_->thread.joinable()) pump_->thread.join();
  return pump_->clean;
}

}  // namespace penstock::e2e
