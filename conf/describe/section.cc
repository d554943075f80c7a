#include "conf/describe/section.h"

#include <algorithm>
#include <string_view>

#include "conf/suggest.h"
#include "conf/values.h"

namespace penstock::conf {

namespace {

constexpr std::string_view kLeftOut = "Left out:";

Json described(const std::string& doc, const Json& initial, const Json& value) {
  Json result = Json::Map{{"description", doc}};
  if (!initial.is_map() && !initial.is_list()) result.set("default", initial);
  for (const auto& [name, json] : value.map()) result.set(name, json);
  return result;
}

}  // namespace

std::size_t SectionKeys::find(const Entry& entry, Problems& problems) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.name == entry.key; });
  if (found == keys_.end()) {
    std::vector<std::string> names;
    for (const Key& key : keys_) names.push_back(key.name);
    problems.add(entry.mark, "unknown key " + in_quotes(entry.key) + did_you_mean(entry.key, names));
  }
  return static_cast<std::size_t>(found - keys_.begin());
}

void SectionKeys::report_missing(const Node& node, Problems& problems) const {
  for (const Key& key : keys_) {
    if (key.need == Need::required && !node.has(key.name))
      problems.add(node.mark, "the key " + in_quotes(key.name) + " is missing");
  }
}

Json SectionKeys::describe(std::size_t index, const Json& value, const Json& initial) const {
  return described(keys_[index].doc, initial, value);
}

Json SectionKeys::describe_override(std::size_t index, const Json& value, const std::string& whose) const {
  const std::string& doc = keys_[index].doc;
  const std::size_t end = std::min(doc.find(kLeftOut), doc.size());
  const std::string space = end == doc.size() ? " " : "";
  return described(doc.substr(0, end) + space + std::string(kLeftOut) + " " + whose + ".", {}, value);
}

Json SectionKeys::schema(const Json& properties, const Json& rules) const {
  Json::List required;
  for (const Key& key : keys_) {
    if (key.need == Need::required) required.emplace_back(key.name);
  }
  Json result = Json::Map{{"type", "object"}, {"additionalProperties", false}};
  result.set("required", required.empty() ? Json() : Json(required));
  result.set("properties", properties);
  if (rules.is_map()) {
    for (const auto& [name, json] : rules.map()) result.set(name, json);
  }
  return result;
}

}  // namespace penstock::conf
