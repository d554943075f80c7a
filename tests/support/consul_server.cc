#include "tests/support/consul_server.h"

namespace penstock::e2e {
namespace {

std::string config(const std::string& data, const std::string& ports, bool with_acl) {
  const std::string acl = with_acl ? R"("acl": {"enabled": true, "default_policy": "deny", "tokens": {"master": ")" +
                                         std::string(ConsulServer::kMaster) + "\", \"agent\": \"" +
                                         ConsulServer::kMaster + "\"}},"
                                   : "";
  return R"({"server": true, "bootstrap": true, "node_name": "test", "bind_addr": "127.0.0.1", )"
         R"("client_addr": "127.0.0.1", "disable_update_check": true, "log_level": "err", )"
         R"("performance": {"raft_multiplier": 1}, "connect": {"enabled": false}, )" +
         acl + R"("data_dir": ")" + data + R"(", "ports": {"dns": -1, "grpc": -1, "serf_wan": -1, )" + ports + "}}";
}

}  // namespace

ConsulServer::ConsulServer(bool with_acl) {
  const std::string ports = "\"http\": " + std::to_string(port_.number()) +
                            ", \"serf_lan\": " + std::to_string(serf_.number()) +
                            ", \"server\": " + std::to_string(raft_.number());
  const std::string file = dir_.write("config.json", config(dir_.path("data"), ports, with_acl));
  const auto serves = [this] {
    const std::string self = call("GET", "/v1/health/service/consul").body;
    return self.find("\"Node\"") != self.npos && call("GET", "/v1/status/leader").body.size() > 4;
  };
  server_ = std::make_unique<RealServer>(std::vector<std::string>{kProgram, "agent", "-config-file", file}, serves);
  server_->start();
}

Message ConsulServer::call(std::string_view method, std::string_view target, std::string_view body) const {
  Message answer = http_call(port_.number(), method, target, body, "X-Consul-Token: " + std::string(kMaster) + "\r\n");
  if (answer.status() != 200) {
    throw HarnessError("consul answers " + std::to_string(answer.status()) + " to " + std::string(target) + ": " +
                       answer.body);
  }
  return answer;
}

void ConsulServer::enter(const std::string& name, const std::string& id, int port, const std::string& more) const {
  const std::string check = R"("Check": {"TTL": "1h", "Status": "passing"})";
  call("PUT", "/v1/agent/service/register",
       R"({"ID": ")" + id + R"(", "Name": ")" + name + R"(", "Address": "10.0.0.1", "Port": )" + std::to_string(port) +
           ", " + check + more + "}");
  this->check("pass", id);  // a status that only came with the check is forgotten in a restart
}

}  // namespace penstock::e2e
