#include "gateway/io/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>

namespace penstock::io {

std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view message) {
  std::array<std::uint8_t, 32> digest;
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, message.size(), digest.data(), nullptr))
    throw std::bad_alloc();
  return digest;
}

}  // namespace penstock::io
