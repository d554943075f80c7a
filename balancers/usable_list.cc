#include "balancers/usable_list.h"

namespace penstock::balancers {

void UsableList::reset(std::span<const Load> loads) {
  list_.clear();
  place_of_.assign(loads.size(), kNoMember);
  for (std::uint32_t i = 0; i < loads.size(); ++i) {
    if (loads[i].usable) insert(i);
  }
}

void UsableList::changed(std::span<const Load> loads, std::uint32_t index) {
  const bool listed = place_of_[index] != kNoMember;
  if (listed == loads[index].usable) return;
  if (listed) {
    erase(index);
  } else {
    insert(index);
  }
}

void UsableList::insert(std::uint32_t index) {
  place_of_[index] = size();
  list_.push_back(index);
}

void UsableList::erase(std::uint32_t index) {
  const std::uint32_t place = place_of_[index];
  list_[place] = list_.back();
  place_of_[list_[place]] = place;
  list_.pop_back();
  place_of_[index] = kNoMember;
}

}  // namespace penstock::balancers
