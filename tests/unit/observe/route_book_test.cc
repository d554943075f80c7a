#include "gateway/observe/route_book.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

namespace penstock::observe {
namespace {

constexpr std::uint32_t kNone = RouteBook::kNoRoute;

std::uint64_t requests(const RouteBook& book, std::size_t route) {
  const RouteStats* stats = book.if_used(route);
  std::uint64_t sum = 0;
  if (stats) {
    for (const auto& row : stats->requests.rows()) sum += row.count;
  }
  return sum;
}

void ask(RouteBook& book, std::uint32_t route) {
  book.route(route).requests.add(http::Method::get, 200);
}

TEST(RouteBook, MakesARoutesCountersAtItsFirstRequest) {
  RouteBook book(3);
  EXPECT_EQ(book.routes(), 3u);
  EXPECT_EQ(book.if_used(1), nullptr);
  RouteStats& route = book.route(1);
  EXPECT_EQ(book.if_used(1), &route);
  EXPECT_EQ(&book.route(1), &route);
  EXPECT_EQ(book.if_used(0), nullptr);
}

TEST(RouteBook, CountsRequestsWithoutARouteAfterTheLastRoute) {
  RouteBook book(2);
  ask(book, kNone);
  EXPECT_EQ(requests(book, 2), 1u);
}

/// Routes 0 and 1 become 1 and nothing; 0 is new, and "none" stays what it is.
class NextBook : public ::testing::Test {
 protected:
  void take_over() { next_->take_over(old_, std::array<std::uint32_t, 2>{kNone, 0}); }
  void retire() { old_.retire(next_, {1, kNone}); }

  RouteBook old_{2};
  std::shared_ptr<RouteBook> next_ = std::make_shared<RouteBook>(2);
};

TEST_F(NextBook, CountsOnWhereTheOldOneStood) {
  ask(old_, 0);
  ask(old_, kNone);
  take_over();
  ask(*next_, 1);
  ask(*next_, kNone);
  EXPECT_EQ(requests(*next_, 1), 2u);
  EXPECT_EQ(requests(*next_, 2), 2u);
  EXPECT_EQ(requests(*next_, 0), 0u);
}

TEST_F(NextBook, HasWhatWasCountedBetweenTheLookAndTheSwap) {
  take_over();
  ask(old_, 0);
  retire();
  EXPECT_EQ(requests(*next_, 1), 1u);
}

TEST_F(NextBook, HasWhatRequestsOfTheOldOneEndWith) {
  take_over();
  retire();
  ask(old_, 0);
  ask(old_, 1);
  ask(old_, kNone);
  EXPECT_EQ(requests(*next_, 1), 1u);
  EXPECT_EQ(requests(*next_, 0), 0u);
  EXPECT_EQ(requests(*next_, 2), 1u);
}

TEST_F(NextBook, OutlivesTheOldOne) {
  auto old = std::make_unique<RouteBook>(1);
  ask(*old, 0);
  RouteBook next(1);
  next.take_over(*old, std::array<std::uint32_t, 1>{0});
  old.reset();
  EXPECT_EQ(requests(next, 0), 1u);
}

}  // namespace
}  // namespace penstock::observe
