#include "discovery/factory/make_registry.h"

#include "conf/secrets.h"
#include "discovery/consul/consul.h"
#include "discovery/dns/dns.h"
#include "discovery/etcd/etcd.h"
#include "discovery/eureka/eureka.h"
#include "discovery/file/file_registry.h"
#include "discovery/zookeeper/zookeeper.h"

namespace penstock::discovery {

/// What servers and other people's entries say goes into the log: none of it may be a secret there.
std::unique_ptr<Registry> make_registry(const RegistryParts& given, const conf::Registry& config) {
  RegistryParts parts = given;
  parts.log = [log = given.log](const std::string& message) { log(conf::hide_secrets(message)); };
  if (config.zookeeper) return make_zookeeper(parts, *config.zookeeper);
  if (config.consul) return make_consul(parts, *config.consul);
  if (config.etcd) return make_etcd(parts, *config.etcd);
  if (config.eureka) return make_eureka(parts, *config.eureka);
  if (config.dns) return make_dns(parts, *config.dns);
  return make_file_registry(parts, *config.file);
}

}  // namespace penstock::discovery
