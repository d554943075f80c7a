#include "discovery/request_pace.h"

#include <algorithm>

namespace penstock::discovery {

Nanos RequestPace::wait(Nanos now) const {
  const Nanos gap_ends = last_ == 0 ? 0 : last_ + kGap;
  const Nanos token_at = full_at_ > kPeriod - kOne ? full_at_ - (kPeriod - kOne) : 0;
  const Nanos at = std::max(gap_ends, token_at);
  return at > now ? at - now : 0;
}

Nanos RequestPace::wait(Nanos now, Nanos wanted) const {
  return std::max(wanted, wait(now));
}

void RequestPace::asked(Nanos now) {
  last_ = now;
  full_at_ = std::max(full_at_, now) + kOne;
}

}  // namespace penstock::discovery
