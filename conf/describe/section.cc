#include "conf/describe/section.h"

#include "conf/suggest.h"
#include "conf/values.h"

namespace penstock::conf {

std::size_t SectionKeys::find(const Entry& entry, Problems& problems) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].name == entry.key) return i;
    names.push_back(keys_[i].name);
  }
  problems.add(entry.mark, "unknown key " + in_quotes(entry.key) + did_you_mean(entry.key, names));
  return keys_.size();
}

void SectionKeys::report_missing(const Node& node, Problems& problems) const {
  for (const Key& key : keys_) {
    if (key.need == Need::required && !node.has(key.name))
      problems.add(node.mark, "the key " + in_quotes(key.name) + " is missing");
  }
}

Json SectionKeys::required() const {
  Json::List names;
  for (const Key& key : keys_) {
    if (key.need == Need::required) names.emplace_back(key.name);
  }
  return names.empty() ? Json() : Json(names);
}

}  // namespace penstock::conf
