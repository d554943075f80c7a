// All limits of a configuration, and which of them a route's requests have to pass.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "conf/config.h"
#include "gateway/filters/limit.h"

namespace penstock::filters {

/// A limit on a route's way.
struct Gate {
  Limit* limit = nullptr;
  std::uint32_t reserve_share = 0;  ///< Asked::reserve_share of the route's requests
};

/// Made by the control thread; its parts that are meant for any thread may be used by any. Outlives the requests.
class LimitTable {
 public:
  LimitTable(const conf::Config& config, unsigned workers, const SipKey& key);

  /// In the order in which they are asked: the route's, then its upstream's. Empty for most.
  std::span<const Gate> gates(std::uint32_t route) const;

  /// Control thread: for the pages, and to tick.
  const std::vector<std::unique_ptr<Limit>>& all() const { return limits_; }
  /// True if some limit wants tick().
  bool wants_ticks() const;
  void tick(Nanos now);

 private:
  std::vector<std::unique_ptr<Limit>> limits_;
  std::vector<std::vector<Gate>> gates_;  ///< by route; empty if there are no limits at all
};

}  // namespace penstock::filters
