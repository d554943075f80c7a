// A private authority, and what it has signed: made by openssl(1), for one test.
#pragma once

#include <string>

#include "tests/support/temp_dir.h"

namespace penstock::e2e {

/// Paths of PEM files, valid as long as this lives. The server is 127.0.0.1, and nothing else.
class Certificates {
 public:
  Certificates();

  std::string ca() const { return dir_.path("ca.pem"); }
  std::string server_cert() const { return dir_.path("server.pem"); }
  std::string server_key() const { return dir_.path("server.key"); }
  std::string client_cert() const { return dir_.path("client.pem"); }
  std::string client_key() const { return dir_.path("client.key"); }

 private:
  void sign(const std::string& name, const std::string& extensions) const;

  TempDir dir_;
};

}  // namespace penstock::e2e
