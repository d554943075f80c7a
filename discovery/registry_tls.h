// A registry's `tls` as the HTTP client takes it.
#pragma once

#include <optional>

#include "conf/registries.h"
#include "gateway/io/http_client.h"

namespace penstock::discovery {

inline io::HttpTls registry_tls(const std::optional<conf::RegistryTls>& tls) {
  if (!tls) return {};
  return {tls->ca, tls->cert, tls->key, tls->verify};
}

}  // namespace penstock::discovery
