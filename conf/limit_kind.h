// The kinds of limits, by the names that users write.
#pragma once

#include <string_view>

#include "conf/limits.h"
#include "conf/words.h"

namespace penstock::conf {

inline constexpr Word<LimitKind> kLimitKinds[] = {
    {"token_bucket", LimitKind::token_bucket}, {"sliding_window", LimitKind::sliding_window},
    {"fixed_window", LimitKind::fixed_window}, {"leaky_bucket", LimitKind::leaky_bucket},
    {"concurrency", LimitKind::concurrency},   {"adaptive", LimitKind::adaptive},
};

constexpr std::string_view name_of(LimitKind kind) {
  return word_for(kLimitKinds, kind);
}

}  // namespace penstock::conf
