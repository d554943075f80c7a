// Objects that are used again.
#include "gateway/base/slab.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

struct Thing {
  int trimmed = 0;
  void trim() { ++trimmed; }
};

TEST(Recycler, LendsTheObjectThatCameBackLast) {
  Recycler<Thing> recycler;
  auto one = recycler.take();
  auto other = recycler.take();
  const Thing* const last = one.get();
  other.reset();
  one.reset();
  EXPECT_EQ(recycler.take().get(), last);
}

TEST(Recycler, OfThoseAtRestAllButTheLastAreTrimmed) {
  Recycler<Thing> recycler;
  auto one = recycler.take();
  auto other = recycler.take();
  const Thing* const first_back = one.get();
  one.reset();
  EXPECT_EQ(first_back->trimmed, 0) << "whoever dropped it may still look at it";
  other.reset();
  EXPECT_EQ(first_back->trimmed, 1);
}

}  // namespace
}  // namespace penstock
