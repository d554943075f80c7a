#include "balancers/index_set.h"

#include <bit>

namespace penstock::balancers {

IndexSet::IndexSet(std::size_t end) {
  do {
    end = end / 64 + 1;
    levels_.emplace_back(end);
  } while (end > 1);
}

void IndexSet::insert(std::uint32_t index) {
  for (auto& words : levels_) {
    words[index / 64] |= std::uint64_t{1} << index % 64;
    index /= 64;
  }
}

void IndexSet::erase(std::uint32_t index) {
  for (auto& words : levels_) {
    if (words[index / 64] &= ~(std::uint64_t{1} << index % 64)) return;
    index /= 64;
  }
}

std::uint32_t IndexSet::next(std::uint32_t from) const {
  std::size_t level = 0;
  for (;; ++level) {
    if (level == levels_.size() || from / 64 >= levels_[level].size()) return kNoMember;
    const std::uint64_t rest = levels_[level][from / 64] >> from % 64;
    if (rest != 0) {
      from += static_cast<std::uint32_t>(std::countr_zero(rest));
      break;
    }
    from = from / 64 + 1;
  }
  while (level-- > 0) from = from * 64 + static_cast<std::uint32_t>(std::countr_zero(levels_[level][from]));
  return from;
}

}  // namespace penstock::balancers
