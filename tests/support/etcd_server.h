// A real etcd of one member, on free ports of the loopback, with its data in a directory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/real_server.h"
#include "tests/support/socket.h"
#include "tests/support/temp_dir.h"

namespace penstock::e2e {

/// What etcd serves with; empty: plain HTTP. Paths of PEM files.
struct EtcdTls {
  std::string ca;  ///< whose certificates clients must show; empty: none
  std::string cert;
  std::string key;
  std::string client_cert;  ///< for etcdctl
  std::string client_key;
};

class EtcdServer {
 public:
  static constexpr const char* kProgram = "etcd";
  static std::string why_skip() { return e2e::why_skip({kProgram}); }

  /// Serves when it returns.
  explicit EtcdServer(const EtcdTls& tls = {});

  std::string url() const { return scheme_ + port_.address(); }
  std::uint16_t port() const { return port_.number(); }
  RealServer& server() { return *server_; }

  /// etcdctl with these arguments: what it prints. Throws HarnessError if it fails.
  std::string ctl(const std::vector<std::string>& arguments) const;
  void put(const std::string& key, const std::string& value) const { ctl({"put", key, value}); }
  void del(const std::string& key) const { ctl({"del", key}); }
  /// etcdctl is this user ("name:password") from now on.
  void be(const std::string& user) { user_ = user; }

 private:
  TempDir dir_;
  std::string scheme_;
  const RefusedPort port_, peer_port_;  ///< kept while it is dead, too
  std::string user_;
  std::vector<std::string> ctl_tls_;
  std::unique_ptr<RealServer> server_;
};

}  // namespace penstock::e2e
