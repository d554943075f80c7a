// Certificates and keys from the text of PEM files, with errors that an engineer can act on. For the folder io/ only.
#pragma once

#include <string>
#include <vector>

#include "gateway/io/tls/files.h"
#include "gateway/io/tls/handles.h"

namespace penstock::io {

/// Certificates in the order of the file. Empty with a reason if there are none, or one of them can't be read.
std::vector<X509Ptr> read_certificates(const TlsFile& file, std::string& why);

/// nullptr with a reason; a key that is locked by a password can't be read.
PrivateKeyPtr read_private_key(const TlsFile& file, std::string& why);

/// OpenSSL's reason for what failed last on this thread ("no start line"), which is forgotten by it.
std::string take_openssl_reason();

/// Seconds since 1970.
std::int64_t unix_seconds(const ASN1_TIME* time);

/// The names that a certificate is for: of its SAN, or, if that has no host names, its CN. In lower case; wildcards as
/// "*.example.com". What can't be a host name (a NUL, a blank) is left out: CVE-2025-66220.
std::vector<std::string> host_names_of(X509* certificate);

/// "CN=api,O=Example" (RFC 4514), with all that is not plain ASCII escaped.
std::string name_text(const X509_NAME* name);

}  // namespace penstock::io
