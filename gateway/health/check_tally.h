// What an endpoint's checks add up to: healthy or not.
#pragma once

#include <cstdint>

#include "conf/config.h"

namespace penstock::health {

/// Pure. The first check decides alone; after that it takes as many in a row as the settings say to turn.
class CheckTally {
 public:
  /// True if that has turned it.
  bool add(bool passed, const conf::HealthCheck& settings);

  bool healthy() const { return healthy_; }
  /// The last check says otherwise than the tally: the next ones decide.
  bool in_doubt() const { return decided_ && last_ != healthy_; }
  /// Checks in a row that had the result of the last one.
  std::uint32_t in_a_row() const { return in_a_row_; }

 private:
  bool decided_ = false;
  bool healthy_ = true;
  bool last_ = true;
  std::uint32_t in_a_row_ = 0;
};

}  // namespace penstock::health
