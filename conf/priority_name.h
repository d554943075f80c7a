// The classes of requests, by the names that users write.
#pragma once

#include <optional>
#include <string_view>

#include "conf/limits.h"
#include "conf/words.h"

namespace penstock::conf {

/// The highest first.
inline constexpr Word<Priority> kPriorities[] = {
    {"critical", Priority::critical},
    {"default", Priority::normal},
    {"sheddable", Priority::sheddable},
    {"background", Priority::background},
};

/// nullopt if there is no such class.
constexpr std::optional<Priority> priority_named(std::string_view name) {
  return value_of(kPriorities, name);
}

}  // namespace penstock::conf
