#include "tests/support/certificates.h"

#include <vector>

#include "tests/support/process.h"

namespace penstock::e2e {
namespace {

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  Process process(arguments);
  if (process.exit_code() != 0) throw HarnessError("openssl " + arguments[1] + " fails: " + process.err().all());
}

std::vector<std::string> new_key(const std::string& path) {
  return {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path};
}

}  // namespace

Certificates::Certificates() {
  std::vector<std::string> authority = {"req", "-x509", "-days", "2", "-subj", "/CN=test authority", "-out", ca()};
  for (const std::string& argument : new_key(dir_.path("ca.key"))) authority.push_back(argument);
  openssl(authority);
  sign("server", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n");
  sign("client", "extendedKeyUsage=clientAuth\n");
}

void Certificates::sign(const std::string& name, const std::string& extensions) const {
  std::vector<std::string> request = {"req", "-new", "-subj", "/CN=" + name, "-out", dir_.path(name + ".csr")};
  for (const std::string& argument : new_key(dir_.path(name + ".key"))) request.push_back(argument);
  openssl(request);
  openssl({"x509", "-req", "-days", "2", "-CAcreateserial", "-CA", ca(), "-CAkey", dir_.path("ca.key"), "-in",
           dir_.path(name + ".csr"), "-out", dir_.path(name + ".pem"), "-extfile",
           dir_.write(name + ".ext", extensions)});
}

}  // namespace penstock::e2e
