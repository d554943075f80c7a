// A concurrency limit with a queue: requests wait for places that others give back.
//
// The count of places is the process's; each worker has a room for those of its own requests that wait. Whoever gives a
// place back and sees that somebody waits calls the worker whose first in line comes before all others' (`rank`). That
// worker takes the place for it, as any request takes one, and goes on until there is none or nobody left. So:
//  - a place is handed on one message and one turn of a loop after it came free, and nobody polls;
//  - who comes while others of his class or a higher one wait stands in line behind them, on whichever worker;
//  - first come, first served holds within a worker exactly, and between workers but for kSlack and that message;
//  - while nobody waits, all of this costs a load when a place is asked for, and one when it is given back.
//
// That nobody waits beside a free place rests on both sides looking after they have written: who goes in line looks at
// the places once more, and who gives a place back looks at the line after it. So these words are read and written in
// one order for all threads (sequentially consistent), unlike the counts.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/filters/limits/limit.h"
#include "limiters/concurrency.h"
#include "limiters/waiting_room.h"

namespace penstock::filters {

class QueuedConcurrencyLimit final : public Limit {
 public:
  QueuedConcurrencyLimit(const conf::Limit& config, std::string where, unsigned workers);

  Ruling ask(const Asked& asked, Hold& hold) override;
  void release(Hold& hold, const Ending& ending) override;
  Levels levels(Nanos now, std::uint64_t unix_ms) const override;
  void call_workers_by(const OnWorker& on_worker) override { on_worker_ = on_worker; }

 private:
  /// What of another worker is older than ours by less than this does not go before ours: no message for it.
  static constexpr std::uint64_t kSlack = kNanosPerMilli;
  static constexpr std::uint64_t kNobody = ~std::uint64_t{0};

  /// One worker's.
  struct alignas(64) Room {
    explicit Room(limiters::WaitingRoomSettings settings) : line(settings) {}
    limiters::WaitingRoom line;
    IntrusiveList<Queued> sent_away;  ///< not told yet
    // Written by any worker, or read by any.
    std::atomic<bool> called{false};           ///< and has not come yet
    std::atomic<std::uint64_t> rank{kNobody};  ///< of the first in line: the lower goes first
  };

  limiters::Priority class_of(const Asked& asked) const;
  bool somebody_before(limiters::Priority priority) const;
  bool somebody_waits() const { return waiting_total_.load() > 0; }
  bool go_in_line(Queued& queued, const Asked& asked);
  void leave_line(Room& room, Queued& queued);
  void tell_rank(Room& room);
  void call(unsigned worker);
  void call_first();
  unsigned first_worker() const;
  void hand_out(unsigned worker, Nanos now);
  bool others_first(unsigned worker);

  const bool by_class_;
  limiters::Concurrency places_;
  std::vector<std::unique_ptr<Room>> rooms_;
  std::array<std::atomic<std::uint32_t>, limiters::kPriorities> waiting_{};  ///< by class
  std::atomic<std::uint32_t> waiting_total_{0};
  OnWorker on_worker_;  ///< constant once requests come
};

}  // namespace penstock::filters
