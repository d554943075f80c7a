// The keys of `registries`, `discover` and `announce`.
#include "conf/describe/collection_shapes.h"
#include "conf/describe/parsed_shape.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/describe/wrapping_shapes.h"
#include "conf/environment.h"
#include "conf/registry_kind.h"
#include "conf/registry_text.h"

namespace penstock::conf {
namespace {

constexpr std::size_t kMostServers = 32;
constexpr const char* kUrlPattern = R"(^https?://[^\s?#]+$)";

ShapeOf<std::string> path_shape() {
  return text_like("^.+$", read_file_path);
}

ShapeOf<std::vector<std::string>> urls_shape() {
  const auto url = text_like(kUrlPattern, read_url);
  return one_or_list<std::string>(url, list<std::string>(
                                           url, 1, [](const std::string& u) { return u; }, kMostServers));
}

ShapeOf<std::vector<std::string>> servers_shape(TextReader reader, std::size_t least) {
  return list<std::string>(
      text_like(R"(^\S+$)", reader), least, [](const std::string& s) { return s; }, kMostServers);
}

/// "/" is read as nothing, and nothing is written as "/": a default may be something else.
ShapeOf<std::string> node_path_shape() {
  const auto write = [](const std::string& path) -> Json { return path.empty() ? "/" : escape_environment(path); };
  return parsed<std::string>(read_node_path, write, text_schema("^/.*$"));
}

ShapeOf<Credentials> credentials_shape() {
  auto section = std::make_shared<Section<Credentials>>();
  section->key("user", &Credentials::user, text_like("^.+$", read_secret_text), "The user's name.", Need::required);
  section->key("password", &Credentials::password, secret(1), "The password.", Need::required);
  return section;
}

void check_tls(const RegistryTls& tls, const Node& node, Problems& problems) {
  if (tls.cert.empty() != tls.key.empty()) problems.add(node.mark, "cert and key belong together; one is missing");
}

ShapeOf<RegistryTls> tls_shape() {
  auto section = std::make_shared<Section<RegistryTls>>();
  section->key("ca", &RegistryTls::ca, path_shape(), "Authorities, a PEM file. Left out: the system's.");
  section->key("cert", &RegistryTls::cert, path_shape(), "A certificate to show, a PEM file; needs key.");
  section->key("key", &RegistryTls::key, path_shape(), "The certificate's key, a PEM file.");
  section->key("verify", &RegistryTls::verify, truth(), "false: trust whatever answers. Never in production.");
  section->rule(check_tls);
  return section;
}

ShapeOf<ZooKeeper> zookeeper_shape() {
  const auto layout = choice<ZooKeeperLayout>(
      {{"curator", ZooKeeperLayout::curator}, {"dubbo", ZooKeeperLayout::dubbo}, {"plain", ZooKeeperLayout::plain}});
  auto section = std::make_shared<Section<ZooKeeper>>();
  section->key("servers", &ZooKeeper::servers, servers_shape(read_server, 1), "host:port each.", Need::required);
  section->key("chroot", &ZooKeeper::chroot, node_path_shape(), "All paths begin here. Left out: at the root.");
  section->key("root", &ZooKeeper::root, node_path_shape(),
               "Where services are. Left out: /services, or /dubbo with that layout.");
  section->key(
      "layout", &ZooKeeper::layout, layout,
      "curator (Curator's x-discovery, Spring Cloud), dubbo, or plain: each child's data or name is host:port.");
  section->key("session_timeout", &ZooKeeper::session_timeout, duration(std::chrono::seconds(1), std::chrono::hours(1)),
               "What is asked for; the server may choose another.");
  section->key("auth", &ZooKeeper::auth, optional(credentials_shape()), "Of the scheme digest.");
  section->completion([](ZooKeeper& zk, const Node& node, Problems&) {
    if (!node.has("root") && zk.layout == ZooKeeperLayout::dubbo) zk.root = "/dubbo";
  });
  return section;
}

ShapeOf<Consul> consul_shape() {
  auto section = std::make_shared<Section<Consul>>();
  section->key("url", &Consul::urls, urls_shape(), "Of an agent or server, or several: the next one when one fails.");
  section->key("stale", &Consul::stale, truth(),
               "Any server may answer, also one that has no leader; answers are then some 50 ms behind at most.");
  section->key("datacenter", &Consul::datacenter, name_shape(), "Left out: the agent's.");
  section->key("token", &Consul::token, secret(0), "Sent as X-Consul-Token.");
  section->key("wait", &Consul::wait, duration(std::chrono::seconds(1), std::chrono::minutes(10)),
               "How long a query waits for a change.");
  section->key("tls", &Consul::tls, optional(tls_shape()), "For https URLs.");
  return section;
}

ShapeOf<Etcd> etcd_shape() {
  auto section = std::make_shared<Section<Etcd>>();
  section->key("url", &Etcd::urls, urls_shape(), "Of a member, or several: the next one when one fails.");
  section->key("prefix", &Etcd::prefix, node_path_shape(),
               "Services are keys below PREFIX/SERVICE/; each holds host:port or a JSON object.");
  section->key("auth", &Etcd::auth, optional(credentials_shape()), "A user of etcd.");
  section->key("tls", &Etcd::tls, optional(tls_shape()), "For https URLs.");
  return section;
}

ShapeOf<Eureka> eureka_shape() {
  auto section = std::make_shared<Section<Eureka>>();
  section->key("url", &Eureka::urls, urls_shape(),
               "Up to and with the context path, http://HOST:8761/eureka, or several: the next one when one fails.",
               Need::required);
  section->key("interval", &Eureka::interval, duration(milliseconds(100), std::chrono::minutes(10)),
               "Between two fetches.");
  section->key("tls", &Eureka::tls, optional(tls_shape()), "For https URLs.");
  return section;
}

void check_dns(const Dns& dns, const Node& node, Problems& problems) {
  if (dns.min_ttl > dns.max_ttl) problems.add(node.mark, "min_ttl must not be longer than max_ttl");
}

ShapeOf<Dns> dns_shape() {
  auto section = std::make_shared<Section<Dns>>();
  section->key("servers", &Dns::servers, servers_shape(read_dns_server, 0),
               "IP or IP:port each. Left out: the system's.");
  section->key("min_ttl", &Dns::min_ttl, duration(milliseconds(100)), "Shorter TTLs count as this.");
  section->key("max_ttl", &Dns::max_ttl, duration(milliseconds(100)), "Longer TTLs count as this.");
  section->key("timeout", &Dns::timeout, duration(milliseconds(100), std::chrono::seconds(30)),
               "Of one try at one server.");
  section->rule(check_dns);
  return section;
}

ShapeOf<FileRegistry> file_registry_shape() {
  auto section = std::make_shared<Section<FileRegistry>>();
  section->key("path", &FileRegistry::path, path_shape(),
               "A YAML or JSON file: a map from services to lists of endpoints. Watched.", Need::required);
  return short_form(&FileRegistry::path, path_shape(), ShapeOf<FileRegistry>(section));
}

void check_registry(const Registry& registry, const Node& node, Problems& problems) {
  const std::size_t kinds = kinds_of(registry);
  if (kinds == 1) return;
  problems.add(node.mark, "a registry needs exactly one of zookeeper, consul, etcd, eureka, dns and file; this has " +
                              (kinds == 0 ? "none" : std::to_string(kinds)));
}

Json one_kind() {
  Json::List one_of;
  for (const RegistryKind& kind : kRegistryKinds) one_of.push_back(Json::Map{{"required", Json::List{kind.name}}});
  return Json::Map{{"oneOf", one_of}};
}

ShapeOf<ShrinkProtection> shrink_protection_shape() {
  auto section = std::make_shared<Section<ShrinkProtection>>();
  section->key("max_removed", &ShrinkProtection::max_removed, decimal(0, 1),
               "The part of the endpoints that an answer may take away and be believed at once; never all of them.");
  section->key("confirm_after", &ShrinkProtection::confirm_after, duration(milliseconds(100), std::chrono::hours(1)),
               "An answer that still says so after this time is believed.");
  section->key("empty_after", &ShrinkProtection::empty_after,
               or_word("never", duration(std::chrono::seconds(1), std::chrono::hours(24))),
               "The same of one that has nothing at all of the service any more, and no endpoint answers; or never.");
  return section;
}

}  // namespace

ShapeOf<Registry> registry_shape() {
  auto section = std::make_shared<Section<Registry>>();
  section->key("zookeeper", &Registry::zookeeper, optional(zookeeper_shape()), "Apache ZooKeeper.");
  section->key("consul", &Registry::consul, optional(consul_shape()), "HashiCorp Consul, by its HTTP API.");
  section->key("etcd", &Registry::etcd, optional(etcd_shape()), "etcd v3, by its JSON gateway.");
  section->key("eureka", &Registry::eureka, optional(eureka_shape()), "Netflix Eureka, by its REST API.");
  section->key("dns", &Registry::dns, optional(dns_shape()), "A, AAAA and SRV records.");
  section->key("file", &Registry::file, optional(file_registry_shape()), "A file that is watched.");
  section->rule(check_registry, one_kind());
  return section;
}

ShapeOf<Discover> discover_shape() {
  const auto text = [](const std::string& t) { return t; };
  auto section = std::make_shared<Section<Discover>>();
  section->key("registry", &Discover::registry, name_shape(), "A name among registries.", Need::required);
  section->key("service", &Discover::service, text_like(R"(^\S+$)", read_service),
               "The service's name there; for DNS a host name, or _service._proto.name for SRV records.",
               Need::required);
  section->key("tags", &Discover::tags, list<std::string>(text_like(R"(^\S+$)", read_service), 0, text, 16),
               "Consul: only instances that have all of these.");
  section->key("datacenter", &Discover::datacenter, name_shape(), "Consul: another than the registry's.");
  section->key("only_passing", &Discover::only_passing, truth(),
               "Consul: false takes instances whose checks warn, too; never those whose checks are critical.");
  section->key("group", &Discover::group, text_like(R"(^\S+$)", read_service), "Dubbo: only providers of this group.");
  section->key("version", &Discover::version, text_like(R"(^\S+$)", read_service),
               "Dubbo: only providers of this version.");
  section->key("port", &Discover::port, optional(number<std::uint16_t>(1, 65535)),
               "DNS: the endpoints' port, which A and AAAA records don't tell.");
  section->key("shrink_protection", &Discover::shrink_protection, or_word("off", shrink_protection_shape()),
               "Does not believe at once an answer that takes away many endpoints; or off.");
  return section;
}

ShapeOf<Announce> announce_shape() {
  const auto text = [](const std::string& t) { return t; };
  auto section = std::make_shared<Section<Announce>>();
  section->key("registry", &Announce::registry, name_shape(),
               "A name among registries: of the kind zookeeper, consul, etcd or eureka.", Need::required);
  section->key("service", &Announce::service, text_like(R"(^\S+$)", read_service), "The service's name there.",
               Need::required);
  section->key("host", &Announce::host, text_like(R"(^\S+$)", read_instance_host),
               "An address or a name at which others reach this gateway.", Need::required);
  section->key("port", &Announce::port, number<std::uint16_t>(1, 65535), "And the port.", Need::required);
  section->key("weight", &Announce::weight, number<std::uint32_t>(1, 65535), "Its weight among the instances.");
  section->key("zone", &Announce::zone, name_shape(), "Left out: the gateway's zone.");
  section->key("tags", &Announce::tags, list<std::string>(text_like(R"(^\S+$)", read_service), 0, text, 16),
               "Consul: tags of the service.");
  section->key("metadata", &Announce::metadata, pairs(text_like(R"(^\S+$)", read_service), free_text(read_secret_text)),
               "Told to whoever looks.");
  section->key("ttl", &Announce::ttl, duration(std::chrono::seconds(1), std::chrono::hours(1)),
               "How long after an end without a word it vanishes.");
  return section;
}

}  // namespace penstock::conf
