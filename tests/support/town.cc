#include "tests/support/town.h"

#include <algorithm>

#include "tests/discovery/zookeeper_client.h"
#include "tests/support/backend.h"
#include "tests/support/consul_server.h"
#include "tests/support/etcd_server.h"
#include "tests/support/zookeeper_server.h"

namespace penstock::e2e {
namespace {

std::string port_of(const std::string& address) {
  return address.substr(address.rfind(':') + 1);
}

class ZooKeeperTown final : public Town {
 public:
  std::string address() const override { return server_.address(); }
  std::string yaml_at(const std::string& address) const override {
    return "zookeeper: { servers: [\"" + address + "\"], layout: plain, session_timeout: 2s }";
  }
  std::string empty_answer() const override { return ""; }
  std::string key_argument(const std::string& key) const override { return "zk://" + server_.address() + "/" + key; }
  void enter(const std::string& address) override { client().create("/services/orders/" + address, address); }
  void leave(const std::string& address) override { client().remove("/services/orders/" + address); }
  std::size_t count(const std::string& service) override { return client().children("/services/" + service).size(); }
  void put(const std::string& key, const std::string& value) override {
    auto session = client();
    if (session.get("/" + key)) {
      session.set("/" + key, value);
    } else {
      session.create("/" + key, value);
    }
  }
  void kill() override { server_.kill(); }
  void start() override { server_.start(); }
  void freeze() override { server_.stop_clock(); }
  void thaw() override { server_.continue_clock(); }

 private:
  discovery::ZooKeeperClient client() const { return discovery::ZooKeeperClient(server_.port()); }
  ZooKeeperServer server_;
};

class ConsulTown final : public Town {
 public:
  std::string address() const override { return server_.url().substr(server_.url().rfind('/') + 1); }
  std::string yaml_at(const std::string& address) const override {
    return "consul: { url: \"http://" + address + "\" }";
  }
  std::string empty_answer() const override { return ok_response("[]", "X-Consul-Index: 7\r\n"); }
  std::string key_argument(const std::string& key) const override { return "consul://" + address() + "/" + key; }
  void enter(const std::string& address) override {
    server_.call("PUT", "/v1/agent/service/register",
                 R"({"ID":"orders-)" + port_of(address) + R"(","Name":"orders","Address":"127.0.0.1","Port":)" +
                     port_of(address) + "}");
  }
  void leave(const std::string& address) override { server_.leave("orders-" + port_of(address)); }
  std::size_t count(const std::string& service) override {
    const std::string body = server_.call("GET", "/v1/catalog/service/" + service).body;
    std::size_t count = 0;
    for (std::size_t at = body.find("\"ServiceID\""); at != std::string::npos; at = body.find("\"ServiceID\"", at + 1))
      ++count;
    return count;
  }
  void put(const std::string& key, const std::string& value) override { server_.call("PUT", "/v1/kv/" + key, value); }
  void kill() override { server_.server().kill(); }
  void start() override { server_.server().start(); }
  void freeze() override { server_.server().freeze(); }
  void thaw() override { server_.server().thaw(); }

 private:
  ConsulServer server_;
};

class EtcdTown final : public Town {
 public:
  std::string address() const override { return "127.0.0.1:" + std::to_string(server_.port()); }
  std::string yaml_at(const std::string& address) const override { return "etcd: { url: \"http://" + address + "\" }"; }
  std::string empty_answer() const override { return ok_response(R"({"header":{"revision":"7"}})"); }
  std::string key_argument(const std::string& key) const override { return "etcd://" + address() + "/" + key; }
  void enter(const std::string& address) override { server_.put("/services/orders/" + address, address); }
  void leave(const std::string& address) override { server_.del("/services/orders/" + address); }
  std::size_t count(const std::string& service) override {
    const std::string keys = server_.ctl({"get", "--prefix", "--keys-only", "/services/" + service + "/"});
    std::size_t count = 0;
    for (std::size_t at = keys.find("/services/"); at != std::string::npos; at = keys.find("/services/", at + 1))
      ++count;
    return count;
  }
  void put(const std::string& key, const std::string& value) override { server_.put(key, value); }
  void kill() override { server_.server().kill(); }
  void start() override { server_.server().start(); }
  void freeze() override { server_.server().freeze(); }
  void thaw() override { server_.server().thaw(); }

 private:
  EtcdServer server_;
};

}  // namespace

std::unique_ptr<Town> make_town(const std::string& kind, std::string& why) {
  why = kind == "zookeeper" ? ZooKeeperServer::why_skip() : why_skip({kind});
  if (!why.empty()) return nullptr;
  if (kind == "zookeeper") return std::make_unique<ZooKeeperTown>();
  if (kind == "consul") return std::make_unique<ConsulTown>();
  return std::make_unique<EtcdTown>();
}

}  // namespace penstock::e2e
