#include "discovery/consul/answers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "discovery/base64.h"
#include "discovery/host_text.h"
#include "discovery/json_members.h"

namespace penstock::discovery {
namespace {

using Json = nlohmann::json;

enum class Health { passing, warning, critical };

/// The worst of an instance's checks, its node's among them; what is not known as good is bad.
Health health_of(const Json& entry) {
  const Json* checks = member(entry, "Checks");
  Health worst = Health::passing;
  if (!checks || !checks->is_array()) return worst;
  for (const Json& check : *checks) {
    const auto status = text_of(member(check, "Status"));
    if (status == "passing") continue;
    if (status != "warning") return Health::critical;
    worst = Health::warning;
  }
  return worst;
}

/// Without a Service it can't be told.
bool may_have_tags(const Json& entry, const std::vector<std::string>& wanted) {
  const Json* service = member(entry, "Service");
  const Json* tags = member(service, "Tags");
  if (!service) return true;
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& tag) {
    return tags && tags->is_array() &&
           std::any_of(tags->begin(), tags->end(), [&](const Json& each) { return text_of(&each) == tag; });
  });
}

std::uint64_t weight_of(const Json& service, const Json* meta, Health health) {
  if (const auto weight = number_of(member(meta, "weight"))) return *weight;
  const Json* weights = member(service, "Weights");
  if (!weights) return 1;
  return number_of(member(*weights, health == Health::passing ? "Passing" : "Warning")).value_or(1);
}

std::string meta_text(const Json* meta, const char* name) {
  return text_of(member(meta, name)).value_or("");
}

/// False with `bad` if the entry makes no sense; `out` stays empty if it does, but takes no requests.
bool read_entry(const Json& entry, const conf::Discover& what, std::optional<Instance>& out, std::string& bad) {
  const Json* service = member(entry, "Service");
  const Json* node = member(entry, "Node");
  if (!service || !service->is_object()) return bad = "an entry has no Service", false;
  const Health health = health_of(entry);
  if (health == Health::critical || (health == Health::warning && what.only_passing)) return true;

  std::string address = text_of(member(service, "Address")).value_or("");
  if (address.empty()) address = text_of(member(node, "Address")).value_or("");
  const auto host = read_host(address);
  const auto port = number_of(member(*service, "Port")).value_or(0);
  const std::string id = text_of(member(*service, "ID")).value_or("(no ID)").substr(0, 100);
  if (!host) return bad = "instance " + id + " has no address", false;
  if (port == 0 || port > 65'535) return bad = "instance " + id + " has no port", false;

  const Json* meta = member(*service, "Meta");
  const std::uint64_t weight = std::min<std::uint64_t>(weight_of(*service, meta, health), kMostWeight);
  if (weight == 0) return true;
  Instance& instance = out.emplace();
  instance.host = *host;
  instance.port = static_cast<std::uint16_t>(port);
  instance.weight = static_cast<std::uint32_t>(weight);
  instance.zone = meta_text(meta, "zone");
  if (instance.zone.empty()) instance.zone = meta_text(member(node, "Meta"), "zone");
  const auto priority = number_of(member(meta, "priority"));
  instance.priority = static_cast<std::uint32_t>(std::min<std::uint64_t>(priority.value_or(0), kMostPriority));
  instance.metadata = metadata_of(meta);
  return true;
}

}  // namespace

std::optional<ServiceAnswer> parse_consul_service(std::string_view body, const conf::Discover& what, std::string& why) {
  ServiceAnswer answer;
  const auto take = [&](const Json& entry) {
    if (!may_have_tags(entry, what.tags)) return;
    std::optional<Instance> instance;
    std::string bad;
    const bool makes_sense = read_entry(entry, what, instance, bad);
    if (!makes_sense && answer.skipped.empty()) answer.skipped = bad;
    if (makes_sense && !instance) ++answer.list.excluded;
    if (instance) answer.list.instances.push_back(std::move(*instance));
  };
  // Each entry is read and dropped as it is whole, and what is not used of it is never kept: half the time, and none of
  // the memory, that the whole answer would take.
  const auto json = parse_json<Json>(body, [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key && depth == 2) return parsed == "Service" || parsed == "Node" || parsed == "Checks";
    if (depth != 1 || event == Event::object_start || event == Event::array_start) return true;
    take(parsed);
    return false;
  });
  if (!json || !json->is_array()) {
    why = json ? "the answer is no list" : "the answer is no JSON";
    return std::nullopt;
  }
  if (answer.list.instances.size() > kMostInstances) {
    why = "the answer has " + std::to_string(answer.list.instances.size()) + " instances";
    return std::nullopt;
  }
  if (answer.list.instances.empty() && !answer.skipped.empty()) {
    why = answer.skipped;  // nothing makes sense: that is not an empty service
    return std::nullopt;
  }
  return answer;
}

std::optional<ConsulValue> parse_consul_value(std::string_view body, std::string& why) {
  const auto json = parse_json<Json>(body);
  if (!json || !json->is_array() || json->size() != 1 || !json->front().is_object()) {
    why = "the answer is no list of one value";
    return std::nullopt;
  }
  const Json& entry = json->front();
  const auto version = number_of(member(entry, "ModifyIndex"));
  const Json* value = member(entry, "Value");  // null: the value is empty
  const auto text = value ? from_base64(text_of(value).value_or("?")) : std::string();
  if (!version || !text) {
    why = "the answer has no ModifyIndex, or its Value is no base64";
    return std::nullopt;
  }
  return ConsulValue{*text, *version};
}

}  // namespace penstock::discovery
