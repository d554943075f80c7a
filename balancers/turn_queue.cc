#include "balancers/turn_queue.h"

namespace penstock::balancers {
namespace {

bool precedes(const TurnQueue::Turns& turns, std::uint32_t a, std::uint32_t b) {
  return turns[a].credit > turns[b].credit || (turns[a].credit == turns[b].credit && a < b);
}

}  // namespace

std::uint32_t TurnQueue::front(const Turns& turns) const {
  if (heap_.empty()) return first_;
  return first_ == kNoMember || precedes(turns, heap_.front(), first_) ? heap_.front() : first_;
}

void TurnQueue::insert(Turns& turns, std::uint32_t index) {
  if (last_ != kNoMember && precedes(turns, index, last_)) {
    heap_.push_back(index);
    move_up(turns, heap_.size() - 1);
    return;
  }
  turns[index].before = last_;
  turns[index].after = kNoMember;
  (last_ != kNoMember ? turns[last_].after : first_) = index;
  last_ = index;
}

void TurnQueue::erase(Turns& turns, std::uint32_t index) {
  Turn& turn = turns[index];
  if (turn.heap_place == kNoMember) {
    (turn.before != kNoMember ? turns[turn.before].after : first_) = turn.after;
    (turn.after != kNoMember ? turns[turn.after].before : last_) = turn.before;
    return;
  }
  const std::size_t place = turn.heap_place;
  const std::uint32_t moved = heap_.back();
  heap_.pop_back();
  turn.heap_place = kNoMember;
  if (moved == index) return;
  set(turns, place, moved);
  move_up(turns, place);
  move_down(turns, turns[moved].heap_place);
}

void TurnQueue::move_up(Turns& turns, std::size_t place) {
  const std::uint32_t index = heap_[place];
  for (; place > 0 && precedes(turns, index, heap_[(place - 1) / 2]); place = (place - 1) / 2) {
    set(turns, place, heap_[(place - 1) / 2]);
  }
  set(turns, place, index);
}

void TurnQueue::move_down(Turns& turns, std::size_t place) {
  const std::uint32_t index = heap_[place];
  for (std::size_t child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
    if (child + 1 < heap_.size() && precedes(turns, heap_[child + 1], heap_[child])) ++child;
    if (!precedes(turns, heap_[child], index)) break;
    set(turns, place, heap_[child]);
    place = child;
  }
  set(turns, place, index);
}

void TurnQueue::set(Turns& turns, std::size_t place, std::uint32_t index) {
  heap_[place] = index;
  turns[index].heap_place = static_cast<std::uint32_t>(place);
}

}  // namespace penstock::balancers
