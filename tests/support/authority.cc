#include "tests/support/authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace penstock::testing_support {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;

template <class Write>
std::string pem_of(Write write) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  write(bio.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return pem_of([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

KeyPtr new_key(bool rsa) {
  return KeyPtr(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  if (!extension) throw std::runtime_error("not an extension: " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

CertificatePtr new_certificate(EVP_PKEY* key, const std::string& name, int from_days, int for_days) {
  static std::atomic<long> serial{1};
  CertificatePtr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_time_adj_ex(X509_getm_notBefore(certificate.get()), from_days, 0, nullptr);
  X509_time_adj_ex(X509_getm_notAfter(certificate.get()), for_days, 0, nullptr);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
  return certificate;
}

}  // namespace

struct Authority::Parts {
  KeyPtr key;
  CertificatePtr certificate;
};

Authority::Authority(const std::string& name) : parts_(std::make_unique<Parts>()) {
  parts_->key = new_key(false);
  parts_->certificate = new_certificate(parts_->key.get(), name, -1, 30);
  X509* const own = parts_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
  extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(own, parts_->key.get(), EVP_sha256());
}

Authority::~Authority() = default;

KeyPair Authority::sign(const Wanted& wanted) const {
  const KeyPtr key = new_key(wanted.rsa);
  const CertificatePtr own =
      new_certificate(key.get(), wanted.common_name, wanted.valid_from_days, wanted.valid_for_days);
  X509_set_issuer_name(own.get(), X509_get_subject_name(parts_->certificate.get()));
  if (!wanted.san.empty()) extend(own.get(), parts_->certificate.get(), NID_subject_alt_name, wanted.san);
  X509_sign(own.get(), parts_->key.get(), EVP_sha256());
  return {pem_of(own.get()),
          pem_of([&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); })};
}

std::string Authority::pem() const {
  return pem_of(parts_->certificate.get());
}

}  // namespace penstock::testing_support
