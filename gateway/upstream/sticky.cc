#include "gateway/upstream/sticky.h"

#include <cstdint>

#include "gateway/io/hmac.h"

namespace penstock::upstream {
namespace {

constexpr std::size_t kTokenBytes = 16;

/// RFC 4648 §5, without padding.
std::string base64url(const std::uint8_t* bytes, std::size_t size) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i < size; ++i) {
    bits = bits << 8 | bytes[i];
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 63];
  return text;
}

std::string_view name(conf::SameSite same_site) {
  switch (same_site) {
    case conf::SameSite::strict:
      return "Strict";
    case conf::SameSite::none:
      return "None";
    case conf::SameSite::lax:
      break;
  }
  return "Lax";
}

}  // namespace

std::string sticky_token(std::string_view secret, std::string_view upstream, std::string_view endpoint) {
  std::string message(upstream);
  message += '\0';
  message += endpoint;
  return base64url(io::hmac_sha256(secret, message).data(), kTokenBytes);
}

std::string sticky_cookie(const conf::Sticky& sticky, std::string_view token) {
  std::string field = sticky.cookie + "=";
  field += token;
  field += "; Path=" + sticky.path;
  if (sticky.max_age) field += "; Max-Age=" + std::to_string(sticky.max_age->count() / 1000);
  field += "; HttpOnly";
  if (sticky.secure) field += "; Secure";
  field += "; SameSite=";
  field += name(sticky.same_site);
  return field;
}

}  // namespace penstock::upstream
