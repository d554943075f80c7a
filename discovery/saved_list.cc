#include "discovery/saved_list.h"

#include <array>
#include <nlohmann/json.hpp>

#include "gateway/base/hex.h"
#include "gateway/base/percent.h"
#include "gateway/io/hmac.h"

namespace penstock::discovery {
namespace {

using nlohmann::json;

constexpr std::string_view kMark = "penstock-endpoints 1 ";
constexpr std::size_t kDigestCharacters = 64;

std::string digest_of(std::string_view text) {
  return hex_text(io::hmac_sha256("penstock-endpoints", text));
}

json to_json(const Instance& instance) {
  json result = {{"host", instance.host}, {"port", instance.port}};
  if (instance.weight != 1) result["weight"] = instance.weight;
  if (!instance.zone.empty()) result["zone"] = instance.zone;
  if (instance.priority != 0) result["priority"] = instance.priority;
  if (!instance.metadata.empty()) result["metadata"] = instance.metadata;
  return result;
}

/// The digest says that we wrote it, so the types are right; a wrong one throws.
Instance from_json(const json& value) {
  Instance instance;
  instance.host = value.at("host").get<std::string>();
  instance.port = value.at("port").get<std::uint16_t>();
  instance.weight = value.value("weight", instance.weight);
  instance.zone = value.value("zone", instance.zone);
  instance.priority = value.value("priority", instance.priority);
  instance.metadata = value.value("metadata", instance.metadata);
  return instance;
}

}  // namespace

std::string encode(const SavedList& list) {
  json instances = json::array();
  for (const Instance& instance : list.instances) instances.push_back(to_json(instance));
  const json whole = {{"registry", list.registry},
                      {"service", list.service},
                      {"saved_unix_ms", list.saved_unix_ms},
                      {"instances", std::move(instances)}};
  const std::string text = whole.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
  return std::string(kMark) + digest_of(text) + "\n" + text;
}

std::optional<SavedList> decode(std::string_view text, std::string& why) {
  const std::size_t head = kMark.size() + kDigestCharacters + 1;
  if (!text.starts_with(kMark) || text.size() < head) {
    why = "it is not a list of this version";
    return std::nullopt;
  }
  const std::string_view body = text.substr(head);
  if (text.substr(kMark.size(), kDigestCharacters) != digest_of(body)) {
    why = "its checksum is wrong";
    return std::nullopt;
  }
  try {
    const json whole = json::parse(body);
    SavedList list;
    list.registry = whole.at("registry").get<std::string>();
    list.service = whole.at("service").get<std::string>();
    list.saved_unix_ms = whole.at("saved_unix_ms").get<std::uint64_t>();
    for (const json& instance : whole.at("instances")) list.instances.push_back(from_json(instance));
    return list;
  } catch (const json::exception& error) {
    why = error.what();
    return std::nullopt;
  }
}

std::string saved_list_path(const std::string& directory, const std::string& upstream) {
  return directory + "/endpoints-" + percent_encoded(upstream);
}

}  // namespace penstock::discovery
