// How connections to an endpoint are encrypted.
#pragma once

#include <string>

#include "gateway/io/tls/context.h"

namespace penstock::io {

struct TlsTarget {
  ClientTlsPtr context;  ///< null: not at all
  std::string name;      ///< a host name or an IP literal: what the certificate must be for
};

}  // namespace penstock::io
