// The values that stand in etcd for instances.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "discovery/etcd/answers.h"
#include "discovery/host_text.h"
#include "discovery/json_members.h"

namespace penstock::discovery {
namespace {

using Json = nlohmann::json;

EtcdMember bad_member(std::string why) {
  return {std::nullopt, std::move(why)};
}

const Json* first_of(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const Json* found = member(object, name)) return found;
  }
  return nullptr;
}

/// In the object itself, or in its metadata.
const Json* here_or_in(const Json& object, const Json* metadata, const char* name) {
  const Json* here = member(object, name);
  return here ? here : member(metadata, name);
}

bool is_out_of_service(const Json& object) {
  constexpr std::uint64_t kDelete = 1;  // etcd's naming: what an entry's Op was
  const Json* enabled = member(object, "enabled");
  const Json* disabled = member(object, "disabled");
  const auto is = [](const Json* value, bool wanted) { return value && value->is_boolean() && *value == wanted; };
  return is(enabled, false) || is(disabled, true) || number_of(member(object, "Op")) == kDelete;
}

bool read_address(const Json& object, Instance& out) {
  const auto address = text_of(first_of(object, {"host", "address", "Addr", "addr"}));
  if (!address) return false;
  if (const Json* port = first_of(object, {"port", "Port"})) {
    const auto host = read_host(*address);
    const auto number = number_of(port);
    if (!host || !number || *number == 0 || *number > 65'535) return false;
    out.host = *host;
    out.port = static_cast<std::uint16_t>(*number);
    return true;
  }
  auto both = read_host_port(*address);
  if (!both) return false;
  std::tie(out.host, out.port) = std::move(*both);
  return true;
}

EtcdMember read_object(const Json& object) {
  if (is_out_of_service(object)) return {};
  EtcdMember out;
  Instance instance;
  if (!read_address(object, instance)) return bad_member("it has no address and port that make sense");
  const Json* metadata = first_of(object, {"metadata", "Metadata"});
  const Json* weight = here_or_in(object, metadata, "weight");
  const auto number = weight ? number_of(weight) : 1;
  if (!number) return bad_member("its weight is no whole number");
  if (*number == 0) return {};
  instance.weight = static_cast<std::uint32_t>(std::min<std::uint64_t>(*number, kMostWeight));
  instance.zone = text_of(here_or_in(object, metadata, "zone")).value_or("");
  const auto priority = number_of(here_or_in(object, metadata, "priority")).value_or(0);
  instance.priority = static_cast<std::uint32_t>(std::min<std::uint64_t>(priority, kMostPriority));
  instance.metadata = metadata_of(metadata);
  out.instance = std::move(instance);
  return out;
}

}  // namespace

EtcdMember parse_etcd_member(std::string_view value) {
  const std::size_t first = value.find_first_not_of(" \t\r\n");
  if (first == value.npos) return bad_member("it is empty");
  value = value.substr(first, value.find_last_not_of(" \t\r\n") - first + 1);
  if (value.front() == '{') {
    const auto json = parse_json<Json>(value);
    return json ? read_object(*json) : bad_member("it is no JSON");
  }
  auto both = read_host_port(value);
  if (!both) return bad_member("it is neither host:port nor an object");
  EtcdMember out;
  out.instance.emplace();
  std::tie(out.instance->host, out.instance->port) = std::move(*both);
  return out;
}

}  // namespace penstock::discovery
