#include "gateway/io/tls/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <string_view>

namespace penstock::io {
namespace {

struct GeneralNamesFree {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, GeneralNamesFree>;

BioPtr bio_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Never asks on the terminal. Notes that it was asked.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

/// In lower case; empty if it can't be a host name.
std::string host_name(std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '*';
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    } else if (!fits) {
      return {};
    }
  }
  const std::size_t star = name.rfind('*');
  const bool wildcard = name.starts_with("*.") && name.find('.', 2) != name.npos;
  if (star != name.npos && (star != 0 || !wildcard)) return {};
  return name;
}

std::string_view view(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string common_name(X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? std::string() : std::string(view(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

}  // namespace

std::string take_openssl_reason() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = error ? ERR_reason_error_string(error) : nullptr;
  return reason ? reason : "unknown error";
}

std::vector<X509Ptr> read_certificates(const TlsFile& file, std::string& why) {
  ERR_clear_error();
  std::vector<X509Ptr> certificates;
  const BioPtr bio = bio_of(file.text);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    certificates.emplace_back(certificate);
  const unsigned long error = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (at_end && !certificates.empty()) {
    ERR_clear_error();
    return certificates;
  }
  why = at_end ? file.path + ": there is no certificate in it (PEM)"
               : file.path + ": a certificate can't be read: " + take_openssl_reason();
  ERR_clear_error();
  return {};
}

PrivateKeyPtr read_private_key(const TlsFile& file, std::string& why) {
  ERR_clear_error();
  bool locked = false;
  const BioPtr bio = bio_of(file.text);
  PrivateKeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &locked));
  if (key) return key;
  const std::string reason = take_openssl_reason();
  const bool none = file.text.find("PRIVATE KEY-----") == std::string::npos;
  why = file.path + (locked ? ": the key is locked by a password"
                     : none ? ": there is no private key in it (PEM)"
                            : ": the private key can't be read: " + reason);
  return nullptr;
}

std::int64_t unix_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) ? static_cast<std::int64_t>(timegm(&parts)) : 0;
}

std::vector<std::string> host_names_of(X509* certificate) {
  const GeneralNamesPtr all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  bool has_hosts = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != GEN_DNS) continue;
    has_hosts = true;
    names.push_back(host_name(view(name->d.dNSName)));
  }
  if (!has_hosts) names.push_back(host_name(common_name(certificate)));
  std::erase(names, "");
  return names;
}

std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace penstock::io
