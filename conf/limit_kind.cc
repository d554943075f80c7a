#include "conf/limit_kind.h"

#include <algorithm>
#include <array>

namespace penstock::conf {
namespace {

constexpr std::array kKinds = {
    NamedLimitKind{"token_bucket", LimitKind::token_bucket},
    NamedLimitKind{"sliding_window", LimitKind::sliding_window},
    NamedLimitKind{"fixed_window", LimitKind::fixed_window},
    NamedLimitKind{"leaky_bucket", LimitKind::leaky_bucket},
    NamedLimitKind{"concurrency", LimitKind::concurrency},
    NamedLimitKind{"adaptive", LimitKind::adaptive},
};

}  // namespace

std::span<const NamedLimitKind> limit_kinds() {
  return kKinds;
}

std::string_view name_of(LimitKind kind) {
  return std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& k) { return k.kind == kind; })->name;
}

}  // namespace penstock::conf
