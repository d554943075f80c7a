// What `discover` and `announce` ask of the registry that they name.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "conf/address.h"
#include "conf/file/resolve.h"
#include "conf/registry_kind.h"
#include "conf/suggest.h"
#include "conf/values.h"

namespace penstock::conf {
namespace {

const Registry* find_registry(const std::string& name, Mark mark, const Config& config, Problems& problems) {
  const auto found = std::find_if(config.registries.begin(), config.registries.end(),
                                  [&](const Registry& r) { return r.name == name; });
  if (found != config.registries.end()) return &*found;
  std::vector<std::string> names;
  for (const Registry& registry : config.registries) names.push_back(registry.name);
  problems.add(mark, "there is no registry " + in_quotes(name) + did_you_mean(name, names));
  return nullptr;
}

/// SRV records tell the port, and their names begin with an underscore (RFC 2782).
bool asks_srv(const Discover& discover) {
  return discover.service.starts_with('_');
}

bool is_dns_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  return is_host_name(text);
}

void check_discover(const Placed<Discover>& placed, const Config& config, Problems& problems) {
  if (!placed.sound) return;
  const Discover& discover = placed.value;
  const Registry* registry = find_registry(discover.registry, placed.mark, config, problems);
  if (!registry || kinds_of(*registry) != 1) return;
  const auto only = [&](const char* key, bool written, const char* kind, bool is_kind) {
    if (written && !is_kind)
      problems.add(placed.mark, std::string(key) + " is for a registry of the kind " + kind + ", and " +
                                    in_quotes(registry->name) + " is another");
  };
  only("tags", !discover.tags.empty(), "consul", registry->consul.has_value());
  only("datacenter", !discover.datacenter.empty(), "consul", registry->consul.has_value());
  only("only_passing", !discover.only_passing, "consul", registry->consul.has_value());
  const bool dubbo = registry->zookeeper && registry->zookeeper->layout == ZooKeeperLayout::dubbo;
  only("group", !discover.group.empty(), "zookeeper with the layout dubbo", dubbo);
  only("version", !discover.version.empty(), "zookeeper with the layout dubbo", dubbo);
  only("port", discover.port.has_value(), "dns", registry->dns.has_value());
  if (!registry->dns) return;
  if (!is_dns_name(discover.service))
    problems.add(placed.mark, "service: must be a host name, is " + in_quotes(discover.service));
  if (!discover.port && !asks_srv(discover)) problems.add(placed.mark, "needs a port: only SRV records tell one");
  if (discover.port && asks_srv(discover)) problems.add(placed.mark, "port: the SRV records tell it");
}

void check_announce(const Placed<Announce>& placed, const Config& config, Problems& problems) {
  if (!placed.sound) return;
  const Registry* registry = find_registry(placed.value.registry, placed.mark, config, problems);
  if (registry && kinds_of(*registry) == 1 && (registry->dns || registry->file))
    problems.add(placed.mark, "nobody can be announced in " + in_quotes(registry->name) + ", which only tells");
}

}  // namespace

void check_registries(const Draft& draft, const Config& config, Problems& problems) {
  for (const DraftUpstream& upstream : draft.upstreams) {
    if (upstream.discover) check_discover(*upstream.discover, config, problems);
  }
  for (const Placed<Announce>& announce : draft.announce) check_announce(announce, config, problems);
}

}  // namespace penstock::conf
