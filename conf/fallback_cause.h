// Why a route's fallback is taken, by the names that users write.
#pragma once

#include <iterator>
#include <string_view>

#include "conf/config.h"
#include "conf/words.h"

namespace penstock::conf {

inline constexpr Word<FallbackCause> kFallbackCauseNames[] = {
    {"rate_limit", FallbackCause::rate_limit},     {"overload", FallbackCause::overload},
    {"circuit_open", FallbackCause::circuit_open}, {"no_endpoint", FallbackCause::no_endpoint},
    {"failure", FallbackCause::failure},
};
static_assert(std::size(kFallbackCauseNames) == kFallbackCauses);

constexpr std::string_view name_of(FallbackCause cause) {
  return word_for(kFallbackCauseNames, cause);
}

}  // namespace penstock::conf
