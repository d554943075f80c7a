#include "gateway/io/tls/peer.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <string_view>

#include "gateway/io/tls/pem.h"

namespace penstock::io {
namespace {

constexpr int kMostNames = 32;
constexpr std::size_t kLongestName = 256;

std::string hex(const unsigned char* bytes, unsigned int size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += {kDigits[bytes[i] >> 4], kDigits[bytes[i] & 15]};
  return text;
}

std::string fingerprint(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  return hex(digest.data(), size);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= ' ' && c < 0x7f ? c : '?';
  }
  return out + '"';
}

/// Bare names must not hold what parts and elements are parted by.
bool is_bare(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  for (const char c : name) {
    if (c <= ' ' || c >= 0x7f || c == ';' || c == ',' || c == '"' || c == '=' || c == '\\') return false;
  }
  return true;
}

}  // namespace

std::string text_of(X509* certificate) {
  std::string text = "Hash=" + fingerprint(certificate);
  text += ";Subject=" + in_quotes(name_text(X509_get_subject_name(certificate)));
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      [](GENERAL_NAMES* all) { GENERAL_NAMES_free(all); });
  int told = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()) && told < kMostNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_URI) continue;
    const ASN1_STRING* value = name->d.ia5;
    const std::string_view bare(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                static_cast<std::size_t>(ASN1_STRING_length(value)));
    if (!is_bare(bare)) continue;
    text += (name->type == GEN_URI ? ";URI=" : ";DNS=") + std::string(bare);
    ++told;
  }
  return text;
}

}  // namespace penstock::io
