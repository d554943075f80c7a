// The classes of requests, by the names that users write.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "conf/config.h"

namespace penstock::conf {

struct NamedPriority {
  std::string_view name;
  Priority priority;
};

/// All there are, the highest first.
inline constexpr std::array kPriorities = {
    NamedPriority{"critical", Priority::critical},
    NamedPriority{"default", Priority::normal},
    NamedPriority{"sheddable", Priority::sheddable},
    NamedPriority{"background", Priority::background},
};

/// nullopt if there is no such class.
constexpr std::optional<Priority> priority_named(std::string_view name) {
  for (const NamedPriority& named : kPriorities) {
    if (named.name == name) return named.priority;
  }
  return std::nullopt;
}

}  // namespace penstock::conf
