#include "gateway/control/config_origin.h"

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/secrets.h"
#include "discovery/factory/make_registry.h"
#include "discovery/registry.h"
#include "gateway/io/loop.h"

namespace penstock {
namespace {

std::vector<std::string> split(std::string_view text, std::string_view scheme) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const bool bare = !scheme.empty() && part.find("://") == std::string_view::npos;
    if (!part.empty()) parts.push_back((bare ? std::string(scheme) : std::string()) + std::string(part));
  }
  return parts;
}

struct Key {
  std::string servers;  ///< empty: not written
  std::string path;
};

/// "//servers/path" or "path".
Key parse_key(std::string_view text, const std::string& whole) {
  Key key;
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    key.servers = text.substr(0, text.find('/'));
    text.remove_prefix(key.servers.size());
    if (key.servers.empty()) throw std::runtime_error(conf::hide_secrets(whole) + ": there is no server after //");
  }
  key.path = text;
  if (key.path.empty() || key.path == "/") throw std::runtime_error(conf::hide_secrets(whole) + ": there is no key");
  return key;
}

std::string without_slash(const std::string& path) {
  return path.starts_with('/') ? path.substr(1) : path;
}

conf::Registry zookeeper(const Key& key, const conf::Environment& environment) {
  conf::ZooKeeper zookeeper;
  const std::string usual = environment("ZOOKEEPER_SERVERS").value_or("127.0.0.1:2181");
  zookeeper.servers = split(key.servers.empty() ? usual : key.servers, "");
  conf::Registry registry;
  registry.zookeeper = std::move(zookeeper);
  return registry;
}

std::optional<conf::RegistryTls> tls(const conf::Environment& environment, const char* variable) {
  const auto ca = environment(variable);
  if (!ca || ca->empty()) return std::nullopt;
  conf::RegistryTls tls;
  tls.ca = *ca;
  return tls;
}

conf::Registry consul(const Key& key, const conf::Environment& environment) {
  conf::Consul consul;
  const std::string usual = environment("CONSUL_HTTP_ADDR").value_or("127.0.0.1:8500");
  consul.urls = split(key.servers.empty() ? usual : key.servers, "http://");
  consul.token = environment("CONSUL_HTTP_TOKEN").value_or("");
  consul.tls = tls(environment, "CONSUL_CACERT");
  conf::Registry registry;
  registry.consul = std::move(consul);
  return registry;
}

conf::Registry etcd(const Key& key, const conf::Environment& environment) {
  conf::Etcd etcd;
  const std::string usual = environment("ETCDCTL_ENDPOINTS").value_or("127.0.0.1:2379");
  etcd.urls = split(key.servers.empty() ? usual : key.servers, "http://");
  etcd.tls = tls(environment, "ETCDCTL_CACERT");
  if (const auto user = environment("ETCDCTL_USER"); user && user->find(':') != std::string::npos) {
    etcd.auth = conf::Credentials{user->substr(0, user->find(':')), user->substr(user->find(':') + 1)};
  }
  conf::Registry registry;
  registry.etcd = std::move(etcd);
  return registry;
}

struct OneValue final : discovery::ValueSink {
  explicit OneValue(io::Loop& l) : loop(l) {}
  void value(std::optional<std::string> found, std::uint64_t) override {
    text = std::move(found);
    if (!text) error = "there is no such key";
    loop.stop();
  }
  void failed(const std::string& why) override { error = why; }

  io::Loop& loop;
  std::optional<std::string> text;
  std::string error = "no answer";
};

}  // namespace

ConfigOrigin parse_origin(const std::string& text, const conf::Environment& environment) {
  ConfigOrigin origin;
  origin.text = text;
  const auto after = [&](std::string_view prefix) {
    return parse_key(std::string_view(text).substr(prefix.size()), text);
  };
  if (text.starts_with("zk:")) {
    const Key key = after("zk:");
    origin.key = key.path;
    origin.registry = zookeeper(key, environment);
  } else if (text.starts_with("consul:")) {
    const Key key = after("consul:");
    origin.key = without_slash(key.path);
    origin.registry = consul(key, environment);
  } else if (text.starts_with("etcd:")) {
    const Key key = after("etcd:");
    origin.key = key.servers.empty() ? key.path : without_slash(key.path);
    origin.registry = etcd(key, environment);
  } else if (text.find("://") != std::string::npos) {
    throw std::runtime_error(conf::hide_secrets(text) + ": must be a file, or a key of zk:, consul: or etcd:");
  } else {
    origin.file = text;
  }
  if (origin.registry) origin.text = conf::hide_secrets(text);
  return origin;
}

std::optional<std::string> fetch_once(const ConfigOrigin& origin, int patience_ms, std::string& why) {
  io::Loop loop;
  OneValue sink(loop);
  {
    const auto registry = discovery::make_registry({loop, 1, [](const std::string&) {}}, *origin.registry);
    const auto watch = registry->watch_value(origin.key, sink);
    Deadline patience = Deadline::of<&io::Loop::stop>(&loop);
    loop.arm(patience, static_cast<Nanos>(patience_ms) * kNanosPerMilli);
    loop.run();
  }
  why = sink.error;
  return sink.text;
}

}  // namespace penstock
