#include "gateway/filters/limits/queued_concurrency.h"

#include <utility>

#include "gateway/filters/limits/classes_in_use.h"
#include "gateway/filters/limits/places.h"
#include "gateway/filters/limits/settings.h"

namespace penstock::filters {
namespace {

constexpr unsigned kClassShift = 61;  // a steady time in nanoseconds lies below it for 73 years

limiters::WaitingRoomSettings settings_of(const conf::Limit& config) {
  return {.places = config.queue,
          .patience_ns = nanos(config.max_wait),
          .in_order = config.order == conf::QueueOrder::fifo};
}

std::size_t number(limiters::Priority priority) {
  return static_cast<std::size_t>(priority);
}

}  // namespace

QueuedConcurrencyLimit::QueuedConcurrencyLimit(const conf::Limit& config, std::string where, unsigned workers)
    : Limit(config, std::move(where), workers),
      by_class_(config.order == conf::QueueOrder::priority),
      places_(config.limit) {
  for (unsigned i = 0; i < workers; ++i) rooms_.push_back(std::make_unique<Room>(settings_of(config)));
}

limiters::Priority QueuedConcurrencyLimit::class_of(const Asked& asked) const {
  return by_class_ ? static_cast<limiters::Priority>(asked.priority) : limiters::Priority::kDefault;
}

Ruling QueuedConcurrencyLimit::ask(const Asked& asked, Hold& hold) {
  const limiters::Priority priority = class_of(asked);
  const std::uint32_t reserve = share_of(places_.limit(), by_class_ ? asked.reserve_share : 0);
  if (!somebody_before(priority)) {
    const Ruling ruling = take_place(places_, *this, hold, reserve);
    if (ruling.decision == Decision::pass) return ruling;
  }
  if (asked.queued == nullptr) return Ruling::refused(kSoon);
  asked.queued->set_priority(priority);
  asked.queued->reserve = reserve;
  if (!go_in_line(*asked.queued, asked)) return Ruling::refused(kSoon);
  hold.limit = this;
  hold.queued = asked.queued;
  Ruling ruling;
  ruling.decision = Decision::wait;
  ruling.for_place = true;
  ruling.wait = asked.queued->deadline_ns() - asked.now;
  return ruling;
}

void QueuedConcurrencyLimit::release(Hold& hold, const Ending& ending) {
  if (hold.queued != nullptr) {
    leave_line(*rooms_[ending.worker], *std::exchange(hold.queued, nullptr));
  } else {
    hold.permit.release();
    if (somebody_waits()) call_first();
  }
  Limit::release(hold, ending);
}

Limit::Levels QueuedConcurrencyLimit::levels(Nanos, std::uint64_t) const {
  Levels levels = levels_of(places_);
  levels.waiting = waiting_total_.load(std::memory_order_relaxed);
  return levels;
}

// ---- the line

bool QueuedConcurrencyLimit::somebody_before(limiters::Priority priority) const {
  if (!somebody_waits()) return false;
  for (std::size_t i = 0; i <= number(priority); ++i) {
    if (waiting_[i].load(std::memory_order_relaxed) > 0) return true;
  }
  return false;
}

/// False if there is no room, not even for somebody of its class.
bool QueuedConcurrencyLimit::go_in_line(Queued& queued, const Asked& asked) {
  Room& room = *rooms_[asked.worker];
  const bool full = waiting_total_.fetch_add(1) >= config().queue;
  const auto entry = room.line.enter(queued, asked.now, full);
  if (full) waiting_total_.fetch_sub(1, std::memory_order_relaxed);  // it has the place of another, or none
  if (!entry.entered) return false;
  if (entry.displaced != nullptr) {
    // Told later: whoever it belongs to must not be answered in the middle of this one's call.
    auto& displaced = static_cast<Queued&>(*entry.displaced);
    waiting_[number(displaced.priority())].fetch_sub(1, std::memory_order_relaxed);
    room.sent_away.push_back(displaced);
    call(asked.worker);
  }
  waiting_[number(queued.priority())].fetch_add(1, std::memory_order_relaxed);
  tell_rank(room);
  if (places_.in_flight() + queued.reserve < places_.limit()) call(asked.worker);
  return true;
}

void QueuedConcurrencyLimit::leave_line(Room& room, Queued& queued) {
  if (!queued.waiting()) {
    queued.unlink();  // sent away, but not told
    return;
  }
  room.line.leave(queued);
  waiting_[number(queued.priority())].fetch_sub(1, std::memory_order_relaxed);
  waiting_total_.fetch_sub(1, std::memory_order_relaxed);
  tell_rank(room);
}

/// Those of a higher class come first, and of one class who has the older deadline.
void QueuedConcurrencyLimit::tell_rank(Room& room) {
  const limiters::Waiter* oldest = room.line.oldest();
  const std::uint64_t rank =
      oldest ? std::uint64_t{number(oldest->priority())} << kClassShift | oldest->deadline_ns() : kNobody;
  room.rank.store(rank);
}

// ---- handing out

void QueuedConcurrencyLimit::call(unsigned worker) {
  if (!on_worker_ || rooms_[worker]->called.exchange(true)) return;
  on_worker_(worker, [this, worker](Nanos now) { hand_out(worker, now); });
}

void QueuedConcurrencyLimit::call_first() {
  const unsigned worker = first_worker();
  if (rooms_[worker]->rank.load() != kNobody) call(worker);
}

unsigned QueuedConcurrencyLimit::first_worker() const {
  unsigned first = 0;
  for (unsigned i = 1; i < rooms_.size(); ++i) {
    const bool before = rooms_[i]->rank.load() < rooms_[first]->rank.load();
    if (before) first = i;
  }
  return first;
}

/// Whether another worker's goes before this one's; then that one is called.
bool QueuedConcurrencyLimit::others_first(unsigned worker) {
  const unsigned first = first_worker();
  const std::uint64_t own = rooms_[worker]->rank.load();
  const std::uint64_t before = rooms_[first]->rank.load();
  if (before > own || own - before <= kSlack) return false;
  call(first);
  return true;
}

/// On the worker's own thread, out of any request's calls.
void QueuedConcurrencyLimit::hand_out(unsigned worker, Nanos now) {
  Room& room = *rooms_[worker];
  room.called.store(false);  // before anything is looked at: who calls from here on is heard
  while (Queued* queued = room.sent_away.pop_front()) queued->tell(queued->owner, false);
  while (limiters::Waiter* first = room.line.first(now)) {
    if (others_first(worker)) return;
    auto& queued = static_cast<Queued&>(*first);
    queued.place = places_.try_acquire(queued.reserve);
    if (!queued.place) return;  // who gives the next one back calls
    leave_line(room, queued);
    queued.tell(queued.owner, true);
  }
  room.rank.store(kNobody);  // those who are left are overdue, and about to be refused
  if (somebody_waits() && places_.in_flight() < places_.limit()) call_first();
}

}  // namespace penstock::filters
