// The kinds of limits, by the names that users write.
#pragma once

#include <span>
#include <string_view>

#include "conf/config.h"

namespace penstock::conf {

struct NamedLimitKind {
  std::string_view name;
  LimitKind kind;
};

/// All there are.
std::span<const NamedLimitKind> limit_kinds();
std::string_view name_of(LimitKind kind);

}  // namespace penstock::conf
