#include "limiters/waiting_room.h"

namespace penstock::limiters {

Waiter::~Waiter() {
  if (room_ != nullptr) room_->unlink(*this);
}

WaitingRoom::~WaitingRoom() {
  for (Line& line : lines_) {
    while (line.oldest != nullptr) unlink(*line.oldest);
  }
}

WaitingRoom::Entry WaitingRoom::enter(Waiter& waiter, std::uint64_t now_ns, bool full) {
  Waiter* displaced = nullptr;
  if (full || size_ >= settings_.places) {
    displaced = lowest_below(waiter.priority_);
    if (displaced == nullptr) return {};
    unlink(*displaced);
  }
  Line& line = this->line(waiter.priority_);
  if (line.newest == nullptr) line.last_empty_ns = now_ns;
  const bool standing = this->standing(waiter.priority_, now_ns);
  waiter.deadline_ns_ = now_ns + (standing ? settings_.standing_wait_ns : settings_.patience_ns);
  waiter.room_ = this;
  waiter.older_ = line.newest;
  waiter.newer_ = nullptr;
  (line.newest != nullptr ? line.newest->newer_ : line.oldest) = &waiter;
  line.newest = &waiter;
  ++size_;
  return {true, displaced};
}

void WaitingRoom::leave(Waiter& waiter) {
  if (waiter.room_ == this) unlink(waiter);
}

Waiter* WaitingRoom::first(std::uint64_t now_ns) {
  for (std::size_t i = 0; i < kPriorities; ++i) {
    Waiter* waiter = first_in_time(lines_[i], standing(static_cast<Priority>(i), now_ns), now_ns);
    if (waiter != nullptr) return waiter;
  }
  return nullptr;
}

Waiter* WaitingRoom::next(std::uint64_t now_ns) {
  Waiter* waiter = first(now_ns);
  if (waiter != nullptr) unlink(*waiter);
  return waiter;
}

const Waiter* WaitingRoom::oldest() const {
  for (const Line& line : lines_) {
    if (line.oldest != nullptr) return line.oldest;
  }
  return nullptr;
}

bool WaitingRoom::standing(Priority priority, std::uint64_t now_ns) const {
  if (settings_.in_order) return false;
  const Line& line = lines_[static_cast<std::size_t>(priority)];
  return line.newest != nullptr && now_ns > line.last_empty_ns + settings_.patience_ns;
}

Waiter* WaitingRoom::lowest_below(Priority priority) {
  for (std::size_t i = kPriorities - 1; i > static_cast<std::size_t>(priority); --i) {
    if (lines_[i].oldest != nullptr) return lines_[i].oldest;
  }
  return nullptr;
}

Waiter* WaitingRoom::first_in_time(Line& line, bool newest_first, std::uint64_t now_ns) {
  Waiter* waiter = newest_first ? line.newest : line.oldest;
  while (waiter != nullptr && waiter->deadline_ns_ <= now_ns) waiter = newest_first ? waiter->older_ : waiter->newer_;
  return waiter;
}

void WaitingRoom::unlink(Waiter& waiter) {
  Line& line = this->line(waiter.priority_);
  (waiter.newer_ != nullptr ? waiter.newer_->older_ : line.newest) = waiter.older_;
  (waiter.older_ != nullptr ? waiter.older_->newer_ : line.oldest) = waiter.newer_;
  waiter.room_ = nullptr;
  --size_;
}

}  // namespace penstock::limiters
