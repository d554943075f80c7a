#include "conf/yaml/document.h"

#include <algorithm>

namespace penstock::conf {

const Entry* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

bool Node::is(Type wanted, Problems& problems) const {
  if (type == wanted) return true;
  if (type == Type::broken) return false;
  if (type == Type::null) {
    problems.add(mark, "has no value");
  } else {
    const char* name = wanted == Type::map ? "a map of keys" : wanted == Type::list ? "a list" : "a single value";
    const char* found = type == Type::map ? "a map" : type == Type::list ? "a list" : "a single value";
    problems.add(mark, std::string("must be ") + name + ", is " + found);
  }
  return false;
}

}  // namespace penstock::conf
