#include "discovery/eureka/payload.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "conf/address.h"
#include "discovery/host_text.h"
#include "discovery/json_members.h"
#include "gateway/base/percent.h"

namespace penstock::discovery {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestText = 512;

/// A string, or a number or truth value as it is written; empty for anything else, and for what is too long.
std::string text(const Json* value) {
  if (!value) return "";
  if (const auto* string = value->get_ptr<const std::string*>()) return string->size() > kLongestText ? "" : *string;
  return value->is_number() || value->is_boolean() ? value->dump() : "";
}

/// The items of a list, or the one that stands in a list's place.
std::vector<const Json*> items(const Json* value) {
  std::vector<const Json*> list;
  if (value && value->is_object()) list.push_back(value);
  if (value && value->is_array()) {
    for (const Json& item : *value) list.push_back(&item);
  }
  return list;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

/// 0 if it is off, or none.
std::uint16_t port_of(const Json* value, bool on_by_default) {
  const Json* enabled = member(value, "@enabled");
  const bool on = enabled ? text(enabled) == "true" : on_by_default;
  const std::uint64_t port = number_of(value && value->is_object() ? member(value, "$") : value).value_or(0);
  return on && port <= 65'535 ? static_cast<std::uint16_t>(port) : std::uint16_t{0};
}

/// The address rather than the name: names of containers are known to nobody else.
std::string host_of(const Json* instance) {
  std::string address = text(member(instance, "ipAddr"));
  if (conf::is_ipv4(address) || conf::is_ipv6(address)) return address;
  return read_host(text(member(instance, "hostName"))).value_or("");
}

/// Without what says which Java class it was.
Metadata without_class(Metadata metadata) {
  std::erase_if(metadata, [](const auto& each) { return each.first.starts_with('@'); });
  return metadata;
}

std::string zone_of(const Json* instance) {
  std::string zone = text(member(member(instance, "metadata"), "zone"));
  if (!zone.empty()) return zone;
  return text(member(member(member(instance, "dataCenterInfo"), "metadata"), "availability-zone"));
}

/// Why it cannot be used is put into `odd`; an instance that wants no work is no oddity.
std::optional<Instance> usable_instance(const Json* json, std::string& odd) {
  Instance instance;
  instance.host = host_of(json);
  instance.port = port_of(member(json, "port"), true);
  if (instance.port == 0) instance.port = port_of(member(json, "securePort"), false);
  if (instance.host.empty() || instance.port == 0) {
    odd = instance.host.empty() ? "has no address" : "has no port";
    return std::nullopt;
  }
  instance.weight = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(number_of(member(member(json, "metadata"), "weight")).value_or(1), kMostWeight));
  if (instance.weight == 0) return std::nullopt;
  instance.zone = zone_of(json);
  instance.metadata = without_class(metadata_of(member(json, "metadata")));
  return instance;
}

EurekaInstance read_instance(const Json* json, const std::string& app, std::string& odd) {
  EurekaInstance instance;
  instance.app = app;
  instance.id = text(member(json, "instanceId"));
  if (instance.id.empty()) instance.id = text(member(json, "hostName"));
  instance.status = text(member(json, "status"));
  if (instance.status.empty()) instance.status = "UNKNOWN";
  instance.action = text(member(json, "actionType"));
  if (instance.status != "UP") return instance;
  std::string why;
  instance.usable = usable_instance(json, why);
  if (!why.empty()) odd = app + " " + instance.id + " " + why;
  return instance;
}

bool is_container(const Json* value) {
  return !value || value->is_array() || value->is_object();
}

/// As Spring Cloud makes it.
std::string id_of(const conf::Announce& what) {
  return what.host + ":" + what.service + ":" + std::to_string(what.port);
}

}  // namespace

std::optional<EurekaAnswer> parse_eureka(std::string_view json) {
  const auto root = parse_json<Json>(json);
  if (!root) return std::nullopt;
  const Json* applications = member(*root, "applications");
  if (!applications || !applications->is_object() || !is_container(member(applications, "application")))
    return std::nullopt;
  EurekaAnswer answer;
  if (const Json* hash = member(applications, "apps__hashcode")) answer.hash = text(hash);
  for (const Json* application : items(member(applications, "application"))) {
    const std::string name = upper(text(member(application, "name")));
    for (const Json* instance : items(member(application, "instance"))) {
      const std::string own = upper(text(member(instance, "app")));
      if (instance->is_object())
        answer.instances.push_back(read_instance(instance, own.empty() ? name : own, answer.odd));
    }
  }
  return answer;
}

void EurekaApps::replace(EurekaAnswer full) {
  apps_.clear();
  for (EurekaInstance& instance : full.instances) {
    ById& app = apps_[instance.app];
    const std::string id = instance.id;
    app.insert_or_assign(id, std::move(instance));
  }
}

void EurekaApps::apply(EurekaAnswer delta) {
  for (EurekaInstance& instance : delta.instances) {
    const std::string app = instance.app;
    const std::string id = instance.id;
    if (instance.action != "DELETED") {
      apps_[app].insert_or_assign(id, std::move(instance));
    } else if (const auto found = apps_.find(app); found != apps_.end()) {
      found->second.erase(id);
      if (found->second.empty()) apps_.erase(found);
    }
  }
}

std::string EurekaApps::hash() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& [name, app] : apps_) {
    for (const auto& [id, instance] : app) ++counts[instance.status];
  }
  std::string hash;
  for (const auto& [status, count] : counts) hash += status + "_" + std::to_string(count) + "_";
  return hash;
}

ServiceList EurekaApps::list(std::string_view app) const {
  ServiceList out;
  std::vector<Instance>& list = out.instances;
  const auto found = apps_.find(upper(std::string(app)));
  if (found == apps_.end()) return out;
  for (const auto& [id, instance] : found->second) {
    if (instance.usable) list.push_back(*instance.usable);
    if (!instance.usable) ++out.excluded;
  }
  std::stable_sort(list.begin(), list.end(), [](const Instance& a, const Instance& b) {
    return std::tie(a.host, a.port) < std::tie(b.host, b.port);
  });
  const auto same = [](const Instance& a, const Instance& b) { return a.host == b.host && a.port == b.port; };
  list.erase(std::unique(list.begin(), list.end(), same), list.end());
  return out;
}

std::string eureka_registration(const conf::Announce& what, std::uint64_t unix_ms) {
  Json metadata = {{"weight", std::to_string(what.weight)}};
  if (!what.zone.empty()) metadata["zone"] = what.zone;
  for (const auto& [name, value] : what.metadata) metadata[name] = value;
  const auto ttl = std::chrono::ceil<std::chrono::seconds>(what.ttl).count();
  const Json instance = {
      {"instanceId", id_of(what)},
      {"app", upper(what.service)},
      {"hostName", what.host},
      {"ipAddr", what.host},
      {"vipAddress", what.service},
      {"secureVipAddress", what.service},
      {"status", "UP"},
      {"port", {{"$", what.port}, {"@enabled", "true"}}},
      {"securePort", {{"$", 443}, {"@enabled", "false"}}},
      {"dataCenterInfo", {{"@class", "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"}, {"name", "MyOwn"}}},
      {"leaseInfo",
       {{"renewalIntervalInSecs", std::max<std::int64_t>(1, ttl / 3)},
        {"durationInSecs", std::max<std::int64_t>(1, ttl)}}},
      {"lastDirtyTimestamp", std::to_string(unix_ms)},
      {"metadata", metadata},
  };
  return Json{{"instance", instance}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string eureka_app_path(const conf::Announce& what) {
  return "apps/" + percent_encoded(upper(what.service));
}

std::string eureka_instance_path(const conf::Announce& what) {
  return eureka_app_path(what) + "/" + percent_encoded(id_of(what));
}

}  // namespace penstock::discovery
