// A real Consul: one server that is its own agent, on free ports of the loopback, with its data in a directory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/http_call.h"
#include "tests/support/real_server.h"
#include "tests/support/socket.h"
#include "tests/support/temp_dir.h"

namespace penstock::e2e {

class ConsulServer {
 public:
  static constexpr const char* kProgram = "consul";
  static std::string why_skip() { return e2e::why_skip({kProgram}); }
  /// The token that may do everything, when access is controlled.
  static constexpr const char* kMaster = "5e3b2a0c-0000-4000-8000-0123456789ab";

  /// Serves when it returns. with_acl: nobody may do anything without a token.
  explicit ConsulServer(bool with_acl = false);

  std::string url() const { return "http://" + port_.address(); }
  RealServer& server() { return *server_; }

  /// As an operator, with the master's token. Throws HarnessError if the status is not 200.
  Message call(std::string_view method, std::string_view target, std::string_view body = "") const;
  /// {"ID":id,"Name":name,"Address":"10.0.0.1","Port":port MORE}, with a TTL check that passes.
  void enter(const std::string& name, const std::string& id, int port, const std::string& more = "") const;
  void leave(const std::string& id) const { call("PUT", "/v1/agent/service/deregister/" + id); }
  /// state: pass, warn or fail.
  void check(const std::string& state, const std::string& id) const {
    call("PUT", "/v1/agent/check/" + state + "/service:" + id);
  }

 private:
  TempDir dir_;
  const RefusedPort port_, serf_, raft_;  ///< kept while it is dead, too
  std::unique_ptr<RealServer> server_;
};

}  // namespace penstock::e2e
