#include "limiters/keyed_table.h"

#include <algorithm>
#include <bit>

namespace penstock::limiters {

KeyedTable::KeyedTable(std::size_t keys)
    : mask_(std::bit_ceil(std::max<std::size_t>((keys + kWays - 1) / kWays, 1)) - 1),
      sets_(std::make_unique<Set[]>(mask_ + 1)) {}

std::size_t KeyedTable::way_of(const Set& set, std::uint64_t key) {
  std::size_t way = 0;
  while (way < kWays && set.keys[way].load(std::memory_order_relaxed) != key) ++way;
  return way;
}

}  // namespace penstock::limiters
