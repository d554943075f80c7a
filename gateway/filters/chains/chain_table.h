// All filters of a configuration: a chain for each route that has any.
#pragma once

#include <cstdint>
#include <vector>

#include "conf/config.h"
#include "gateway/filters/chain.h"
#include "gateway/filters/limits/limit_table.h"

namespace penstock::filters {

/// Immutable once it is made; any thread.
class ChainTable {
 public:
  /// Both stay as long as the table.
  ChainTable(const conf::Config& config, const LimitTable& limits);

  /// Of a route by its index; mostly empty.
  const Chain& chain(std::uint32_t route) const { return chains_[route]; }
  /// Of all chains' states.
  const StateLayoutPtr& layout() const { return layout_; }

 private:
  std::vector<Chain> chains_;
  StateLayoutPtr layout_;
};

}  // namespace penstock::filters
