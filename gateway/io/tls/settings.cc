#include "gateway/io/tls/settings.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <array>
#include <new>

#include "gateway/base/steady_clock.h"
#include "gateway/io/tls/context.h"

namespace penstock::io {
namespace {

/// https://wiki.mozilla.org/Security/Server_Side_TLS, intermediate, in its order, without DHE.
constexpr const char* kCiphersOf13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCurves = "X25519:P-256:P-384";

/// Fetched once: OpenSSL 3 looks an algorithm up by its name each time otherwise.
const EVP_CIPHER* ticket_cipher() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return cipher;
}

bool set_mac_key(EVP_MAC_CTX* mac, std::array<std::uint8_t, 32>& key) {
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

}  // namespace

SslContextPtr new_ssl_context(const SSL_METHOD* method, TlsVersion least) {
  SslContextPtr context(SSL_CTX_new(method));
  if (!context) throw std::bad_alloc();
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, least == TlsVersion::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_ciphersuites(raw, kCiphersOf13);
  SSL_CTX_set_cipher_list(raw, kCiphers);
  SSL_CTX_set1_groups_list(raw, kCurves);
  // Our order counts, but a client that would rather have ChaCha20, for want of AES in its silicon, gets that.
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA);
  // Buffers of 17 KiB each way only while a record is under way; chains are what the file says, not what is found.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  return context;
}

int seal_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                int sealing) {
  auto& keys = static_cast<const ServerTls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->tickets();
  const Nanos now = steady_now();
  if (sealing) {
    TicketKeys::Key key = keys.newest(now);
    std::copy(key.name.begin(), key.name.end(), name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(ticket_cipher())) != 1) return -1;
    if (EVP_EncryptInit_ex(cipher, ticket_cipher(), nullptr, key.cipher.data(), iv) != 1) return -1;
    return set_mac_key(mac, key.mac) ? 1 : -1;
  }
  std::optional<TicketKeys::Found> found = keys.find(name, now);
  if (!found) return 0;
  if (EVP_DecryptInit_ex(cipher, ticket_cipher(), nullptr, found->key.cipher.data(), iv) != 1) return -1;
  if (!set_mac_key(mac, found->key.mac)) return -1;
  // 2: the client gets a new ticket. Those of TLS 1.3 are for one use (RFC 8446, appendix C.4).
  return found->newest && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

}  // namespace penstock::io
