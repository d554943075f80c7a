// One worker's counters of the routes of one configuration, and how they go on when the next configuration comes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "gateway/observe/stats.h"

namespace penstock::observe {

/// Made by the control thread, written by one worker, read by the control thread. Counters are made at a route's first
/// request: with thousands of routes most have none.
class RouteBook {
 public:
  static constexpr std::uint32_t kNoRoute =
      0xffffffff;  ///< requests that no route matched; also: a route that has left

  explicit RouteBook(std::size_t routes);
  ~RouteBook();
  RouteBook(const RouteBook&) = delete;
  RouteBook& operator=(const RouteBook&) = delete;

  /// Control thread, before the worker has it: the counters of `from` are counted on. `was[i]` is the route's number
  /// in `from`; kNoRoute for one that is new.
  void take_over(const RouteBook& from, std::span<const std::uint32_t> was);

  /// The worker: requests that end under this book are counted in `next` from now on. `became[i]` is the route's number
  /// there, kNoRoute if it has left.
  void retire(std::shared_ptr<RouteBook> next, std::vector<std::uint32_t> became);

  /// The worker's side. Made if it is the first request; `index` kNoRoute counts as route "none".
  RouteStats& route(std::uint32_t index);
  /// Any thread. Null if the route has had no request yet. Index routes() is the "no route" entry.
  const RouteStats* if_used(std::size_t index) const;
  std::size_t routes() const { return entries_.size() - 1; }

 private:
  /// Shared by the books that a route lives through.
  struct Counted {
    RouteStats stats;
    std::atomic<std::uint32_t> books{1};
  };
  using Entry = std::atomic<Counted*>;

  Entry& entry(std::uint32_t index) { return entries_[index < routes() ? index : routes()]; }
  static void share(const Entry& from, Entry& to);

  std::vector<Entry> entries_;
  std::shared_ptr<RouteBook> next_;  ///< once retired
  std::vector<std::uint32_t> became_;
};

}  // namespace penstock::observe
