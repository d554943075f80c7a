// All limits of a configuration, and which of them a route's requests have to pass.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "gateway/base/siphash.h"
#include "gateway/filters/limits/classes_in_use.h"
#include "gateway/filters/limits/limit.h"

namespace penstock::filters {

/// A limit on a route's way.
struct Gate {
  Limit* limit = nullptr;
  ClassesInUse* classes = nullptr;  ///< of the requests that come there; null: they are all of one class
};

/// Made by the control thread; its parts that are meant for any thread may be used by any. Outlives the requests.
class LimitTable {
 public:
  /// `before`: the table of the configuration that this one replaces; limits that are the same in both are shared, with
  /// what they know, and others learn from them (Limit::learn_from()). Null: there was none. `now`: steady.
  LimitTable(const conf::Config& config, unsigned workers, const SipKey& key, const LimitTable* before = nullptr,
             Nanos now = 0);

  /// In the order in which they are asked: the route's, then its upstream's. Empty for most.
  std::span<const Gate> gates(std::uint32_t route) const;
  /// Of the upstream that the route falls back to; empty if there is none.
  std::span<const Gate> fallback_gates(std::uint32_t route) const;

  /// Control thread: for the pages, and to tick.
  const std::vector<std::shared_ptr<Limit>>& all() const { return limits_; }
  /// True if some limit wants tick().
  bool wants_ticks() const;
  void tick(Nanos now);
  /// For the next process, and before the first request, from the one before; of each limit whose settings are the
  /// same.
  std::string memory() const;
  void recall(std::string_view memory);
  /// Before the first request. Without it, who waits for a place of another worker's request waits in vain.
  void call_workers_by(const OnWorker& on_worker);

 private:
  /// By place and name.
  using Known = std::map<std::pair<std::string, std::string>, std::shared_ptr<Limit>>;
  Known known() const;

  std::vector<std::shared_ptr<Limit>> limits_;
  std::vector<std::unique_ptr<ClassesInUse>> classes_;
  std::vector<std::vector<Gate>> gates_;           ///< by route; empty if there are no limits at all
  std::vector<std::vector<Gate>> fallback_gates_;  ///< likewise
  std::vector<Limit*> fresh_;                      ///< not shared with the table before
};

}  // namespace penstock::filters
