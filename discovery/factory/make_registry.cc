#include "discovery/factory/make_registry.h"

#include "discovery/consul/consul.h"
#include "discovery/dns/dns.h"
#include "discovery/etcd/etcd.h"
#include "discovery/eureka/eureka.h"
#include "discovery/file/file_registry.h"
#include "discovery/zookeeper/zookeeper.h"

namespace penstock::discovery {

std::unique_ptr<Registry> make_registry(const RegistryParts& parts, const conf::Registry& config) {
  if (config.zookeeper) return make_zookeeper(parts, *config.zookeeper);
  if (config.consul) return make_consul(parts, *config.consul);
  if (config.etcd) return make_etcd(parts, *config.etcd);
  if (config.eureka) return make_eureka(parts, *config.eureka);
  if (config.dns) return make_dns(parts, *config.dns);
  return make_file_registry(parts, *config.file);
}

}  // namespace penstock::discovery
