#include "balancers/usable_list.h"

#include <gtest/gtest.h>

#include <set>

#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

TEST(UsableList, HoldsExactlyTheUsableOnesThroughAllChanges) {
  std::vector<Load> loads(50);
  for (std::size_t i = 0; i < loads.size(); i += 3) loads[i].usable = false;
  UsableList list(loads.size());
  list.reset(loads);
  for (std::uint64_t step = 0; step < 5000; ++step) {
    const auto index = static_cast<std::uint32_t>(mix(step) % loads.size());
    loads[index].usable = mix(~step) % 2 == 0;
    list.changed(loads, index);
    std::set<std::uint32_t> listed;
    for (std::uint32_t place = 0; place < list.size(); ++place) listed.insert(list[place]);
    ASSERT_EQ(listed.size(), list.size());
    for (std::uint32_t i = 0; i < loads.size(); ++i) ASSERT_EQ(listed.contains(i), loads[i].usable);
  }
}

}  // namespace
}  // namespace penstock::balancers
