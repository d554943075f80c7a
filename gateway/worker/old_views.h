// What began under a configuration that is no longer in force, and when it has to be over.
#pragma once

#include <cstdint>
#include <deque>

#include "conf/config.h"
#include "gateway/base/deadline_wheel.h"
#include "gateway/proxy/context.h"

namespace penstock {

/// Belongs to its worker's thread. Remembers numbers, not views: one that nobody uses any more is gone long before. At
/// most some hundred of them, however often the configuration changes: those that are due at about the same time are
/// one.
class OldViews {
 public:
  explicit OldViews(proxy::Context& context);

  /// The view of this number has just been replaced. Exchanges that still use it after `timeout` are ended.
  void replaced(std::uint64_t view_number, conf::milliseconds timeout);

 private:
  struct Due {
    std::uint64_t view_number;  ///< and all earlier ones
    Nanos at;
  };

  void end_due();
  void end_exchanges_of(std::uint64_t view_number);

  proxy::Context& context_;
  std::deque<Due> due_;  ///< by number
  Deadline next_;
};

}  // namespace penstock
