#include "tests/support/tls_front.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/time.h>

#include <array>
#include <cstdint>
#include <stdexcept>

#include "tests/support/deadline.h"

namespace penstock::e2e {
namespace {

constexpr unsigned char kSessionsAreOf[] = "front";

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using BioPtr = std::unique_ptr<BIO, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
using SslPtr = std::unique_ptr<SSL, Free>;

BioPtr bio_of(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

CertificatePtr certificate_of(const std::string& pem) {
  return CertificatePtr(PEM_read_bio_X509(bio_of(pem).get(), nullptr, nullptr, nullptr));
}

void require_client(SSL_CTX* context, const std::string& authority) {
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate_of(authority).get());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

/// Threads of its own make waiting in the calls themselves the simplest.
void make_blocking(const Fd& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
  const timeval patience = {kPatience.count() / 1000, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

bool send_all(const Fd& to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool pass_on_plain(const Fd& from, const Fd& to, std::size_t size) {
  std::string bytes(size, '\0');
  if (size == 0) return true;
  return ::recv(from.get(), bytes.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size) && send_all(to, bytes);
}

TlsFront::Handshake about(SSL* ssl) {
  TlsFront::Handshake handshake{{}, {}, SSL_session_reused(ssl) == 1};
  if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) handshake.asked_name = name;
  if (X509* client = SSL_get0_peer_certificate(ssl)) {
    std::array<char, 64> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(client), NID_commonName, name.data(), name.size());
    handshake.client = name.data();
  }
  return handshake;
}

}  // namespace

void TlsFront::ContextFree::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsFront::TlsFront(const Backend& backend, const testing_support::KeyPair& pair, const Options& options)
    : context_(SSL_CTX_new(TLS_server_method())),
      backend_(backend.address()),
      first_in_plain_(options.first_in_plain),
      listener_(listen_on(options.address)),
      address_(SocketAddress::of(listener_)),
      stop_(must(::eventfd(0, EFD_CLOEXEC), "eventfd")) {
  const KeyPtr key(PEM_read_bio_PrivateKey(bio_of(pair.key).get(), nullptr, nullptr, nullptr));
  if (SSL_CTX_use_certificate(context_.get(), certificate_of(pair.cert).get()) != 1 ||
      SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1) {
    throw HarnessError("a pair that can't be used");
  }
  SSL_CTX_set_session_id_context(context_.get(), kSessionsAreOf, sizeof kSessionsAreOf);
  if (options.only_v1_2) SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
  if (!options.client_ca.empty()) require_client(context_.get(), options.client_ca);
  acceptor_ = std::thread([this] { accept_connections(); });
}

TlsFront::~TlsFront() {
  ::eventfd_write(stop_.get(), 1);
  acceptor_.join();
  for (std::thread& thread : serving_) thread.join();
}

std::vector<TlsFront::Handshake> TlsFront::handshakes(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return handshakes_.size() >= count; }))
    throw TimedOut("only " + std::to_string(handshakes_.size()) + " handshakes");
  return handshakes_;
}

std::size_t TlsFront::handshake_count() const {
  const std::lock_guard lock(mutex_);
  return handshakes_.size();
}

void TlsFront::accept_connections() {
  for (;;) {
    std::array<pollfd, 2> ready = {{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(ready.data(), ready.size(), -1);
    if (ready[1].revents != 0) return;
    Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.is_open()) continue;
    serving_.emplace_back([this, owned = std::make_shared<Fd>(std::move(client))] { serve(std::move(*owned)); });
  }
}

void TlsFront::serve(Fd client) {
  make_blocking(client);
  const SslPtr ssl(SSL_new(context_.get()));
  SSL_set_fd(ssl.get(), client.get());
  const auto colon = backend_.rfind(':');
  const Fd backend = connect_to(SocketAddress::ipv4(static_cast<std::uint16_t>(std::stoi(backend_.substr(colon + 1)))));
  make_blocking(backend);
  if (!pass_on_plain(client, backend, first_in_plain_) || SSL_accept(ssl.get()) != 1) return;
  {
    const std::lock_guard lock(mutex_);
    handshakes_.push_back(about(ssl.get()));
  }
  changed_.notify_all();
  pass_on(ssl.get(), client, backend);
}

/// Until either side ends.
void TlsFront::pass_on(SSL* ssl, const Fd& client, const Fd& backend) {
  std::array<char, 16 << 10> buffer;
  for (;;) {
    std::array<pollfd, 3> ready = {{{client.get(), POLLIN, 0}, {backend.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    if (SSL_pending(ssl) == 0) ::poll(ready.data(), ready.size(), -1);
    if (ready[2].revents != 0) return;
    if (SSL_pending(ssl) != 0 || ready[0].revents != 0) {
      const int size = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
      if (size <= 0 || !send_all(backend, {buffer.data(), static_cast<std::size_t>(size)})) return;
    }
    if (ready[1].revents != 0) {
      const ssize_t size = ::recv(backend.get(), buffer.data(), buffer.size(), 0);
      if (size <= 0) {
        SSL_shutdown(ssl);
        return;
      }
      if (SSL_write(ssl, buffer.data(), static_cast<int>(size)) <= 0) return;
    }
  }
}

}  // namespace penstock::e2e
