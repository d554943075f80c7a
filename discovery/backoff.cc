#include "discovery/backoff.h"

#include <algorithm>

namespace penstock::discovery {

Nanos Backoff::failed(Nanos now, std::uint64_t random) {
  constexpr Nanos kLeast = kFirst / 2;
  constexpr std::uint32_t kMostDoublings = 20;
  if (healthy_since_ != 0 && now - healthy_since_ >= kForgottenAfter) in_a_row_ = 0;
  healthy_since_ = 0;
  const Nanos span = std::min(longest_, kFirst << std::min(in_a_row_, kMostDoublings));
  ++in_a_row_;
  return kLeast + random % (std::max(span, kLeast) - kLeast + 1);
}

void Backoff::worked(Nanos now) {
  if (healthy_since_ == 0) healthy_since_ = now;
}

}  // namespace penstock::discovery
