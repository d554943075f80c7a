#include "discovery/zookeeper/layout.h"

#include "conf/address.h"
#include "gateway/base/json_writer.h"

namespace penstock::discovery {
namespace {

/// Metadata of Spring Cloud's kind, so that its clients find us, too.
void write_payload(JsonWriter& json, const conf::Announce& what, const std::string& id) {
  json.key("payload").begin_object();
  json.key("@class").string("org.springframework.cloud.zookeeper.discovery.ZookeeperInstance");
  json.key("id").string(id).key("name").string(what.service);
  std::string pairs;
  const auto pair = [&](const std::string& name, const std::string& value) {
    if (!pairs.empty()) pairs += ',';
    append_json_string(pairs, name);
    pairs += ':';
    append_json_string(pairs, value);
  };
  for (const auto& [name, value] : what.metadata) {
    if (name != "instance_status" && name != "weight" && name != "zone") pair(name, value);
  }
  pair("instance_status", "UP");
  pair("weight", std::to_string(what.weight));
  if (!what.zone.empty()) pair("zone", what.zone);
  json.key("metadata").raw("{" + pairs + "}");
  json.end_object();
}

std::string curator_data(const conf::Announce& what, const std::string& id, std::uint64_t unix_ms) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("name").string(what.service).key("id").string(id).key("address").string(what.host);
  json.key("port").number(what.port).key("sslPort").raw("null");
  write_payload(json, what, id);
  json.key("registrationTimeUTC").number(unix_ms).key("serviceType").string("DYNAMIC").key("uriSpec").raw("null");
  json.end_object();
  return out;
}

std::string plain_data(const conf::Announce& what, const std::string& address) {
  if (what.weight == 1 && what.zone.empty()) return address;
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("host").string(what.host).key("port").number(what.port).key("weight").number(what.weight);
  if (!what.zone.empty()) json.key("zone").string(what.zone);
  json.end_object();
  return out;
}

}  // namespace

std::string ZooKeeperLayout::service_path(const std::string& service) const {
  const std::string path = key_path(root_ + "/" + service);
  return kind_ == conf::ZooKeeperLayout::dubbo ? path + "/providers" : path;
}

std::string ZooKeeperLayout::key_path(const std::string& key) const {
  return chroot_ + (key.starts_with('/') ? key : "/" + key);
}

ChildRead ZooKeeperLayout::read_child(const conf::Discover& what, std::string_view name, std::string_view data) const {
  switch (kind_) {
    case conf::ZooKeeperLayout::curator:
      return read_curator_child(data);
    case conf::ZooKeeperLayout::dubbo:
      return read_dubbo_child(name, what.group, what.version);
    case conf::ZooKeeperLayout::plain:
      break;
  }
  return read_plain_child(name, data);
}

std::optional<ZooKeeperLayout::Entry> ZooKeeperLayout::entry(const conf::Announce& what, std::uint64_t unix_ms) const {
  if (kind_ == conf::ZooKeeperLayout::dubbo) return std::nullopt;
  const bool v6 = conf::is_ipv6(what.host);
  if (!v6 && !conf::is_ipv4(what.host) && !conf::is_host_name(what.host)) return std::nullopt;
  // The address is the name: a gateway that comes back takes the place of what it left behind, rather than standing
  // there twice until its old session ends.
  const std::string address = conf::Address{what.host, what.port, {}}.text();
  const bool curator = kind_ == conf::ZooKeeperLayout::curator;
  return Entry{service_path(what.service) + "/" + address,
               curator ? curator_data(what, address, unix_ms) : plain_data(what, address)};
}

}  // namespace penstock::discovery
