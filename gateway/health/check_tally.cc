#include "gateway/health/check_tally.h"

#include <utility>

namespace penstock::health {

bool CheckTally::add(bool passed, const conf::HealthCheck& settings) {
  in_a_row_ = passed == last_ ? in_a_row_ + 1 : 1;
  last_ = passed;
  const bool first = !std::exchange(decided_, true);
  if (passed == healthy_) return false;
  if (!first && in_a_row_ < (passed ? settings.healthy_after : settings.unhealthy_after)) return false;
  healthy_ = passed;
  return true;
}

}  // namespace penstock::health
