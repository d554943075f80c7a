// A private authority that signs whatever a test needs, in memory.
#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace penstock::testing_support {

/// PEM.
struct KeyPair {
  std::string cert;
  std::string key;
};

/// What a certificate says.
struct Wanted {
  std::string san = {};  ///< as OpenSSL writes it: "DNS:a.example,IP:127.0.0.1"; empty: none
  std::string common_name = "test";
  bool rsa = false;          ///< else ECDSA, P-256
  int valid_from_days = -1;  ///< from today
  int valid_for_days = 2;    ///< from today
};

class Authority {
 public:
  explicit Authority(const std::string& name = "test authority");
  ~Authority();

  KeyPair sign(const Wanted& wanted) const;
  std::string pem() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace penstock::testing_support
