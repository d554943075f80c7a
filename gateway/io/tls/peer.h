// A peer's certificate as text. For the folder io/ only.
#pragma once

#include <openssl/x509.h>

#include <string>

namespace penstock::io {

/// In the form of Envoy's X-Forwarded-Client-Cert: Hash=SHA256;Subject="RFC 4514";URI=…;DNS=…. All of it is printable
/// ASCII, and what could end a part is escaped or left out. The Subject comes before the names of the SAN, of which
/// there are at most 32.
std::string text_of(X509* certificate);

}  // namespace penstock::io
