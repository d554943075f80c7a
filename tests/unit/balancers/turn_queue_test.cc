#include "balancers/turn_queue.h"

#include <gtest/gtest.h>

#include <set>

#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

TEST(TurnQueue, KeepsTheOrderThatASortedSetKeeps) {
  TurnQueue queue;
  TurnQueue::Turns turns(60);
  std::set<std::pair<std::int64_t, std::uint32_t>> sorted;  // by falling credit, then by index
  for (std::uint64_t step = 0; step < 20'000; ++step) {
    const auto index = static_cast<std::uint32_t>(mix(step) % turns.size());
    if (sorted.erase({-turns[index].credit, index}) != 0) {
      queue.erase(turns, index);
    } else {
      turns[index].credit = static_cast<std::int64_t>(mix(~step) % 50);
      queue.insert(turns, index);
      sorted.insert({-turns[index].credit, index});
    }
    ASSERT_EQ(queue.front(turns), sorted.empty() ? kNoMember : sorted.begin()->second) << "step " << step;
  }
}

}  // namespace
}  // namespace penstock::balancers
