// What all contexts of TLS have in common. For the folder io/ only.
#pragma once

#include "gateway/io/tls/files.h"
#include "gateway/io/tls/handles.h"

namespace penstock::io {

/// Versions, ciphers, curves and modes. Throws std::bad_alloc.
SslContextPtr new_ssl_context(const SSL_METHOD* method, TlsVersion least);

/// "http/1.1" and "http/1.0" in the form of ALPN (RFC 7301).
inline constexpr unsigned char kAlpn[] = "\x08http/1.1\x08http/1.0";
inline constexpr unsigned int kAlpnSize = sizeof(kAlpn) - 1;

/// Seals and opens tickets with the keys of the ServerTls that the connection belongs to.
int seal_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                int sealing);

/// Keeps a client's session in the ResumableSession of its connection.
int keep_session(SSL* ssl, SSL_SESSION* session);

}  // namespace penstock::io
