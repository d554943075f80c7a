#include "balancers/line_tournament.h"

#include <gtest/gtest.h>

#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

struct Line {
  std::int64_t height = 0;
  std::uint32_t slope = 0;
  std::uint32_t rank = kNoMember;
};

std::uint32_t highest(const std::vector<Line>& lines, std::int64_t now) {
  std::uint32_t best = kNoMember;
  for (std::uint32_t i = 0; i < lines.size(); ++i) {
    if (lines[i].rank == kNoMember) continue;
    const auto at = [&](std::uint32_t line) { return lines[line].height + std::int64_t{lines[line].slope} * now; };
    if (best == kNoMember || at(i) > at(best) || (at(i) == at(best) && lines[i].rank < lines[best].rank)) best = i;
  }
  return best;
}

class LineTournamentTest : public testing::TestWithParam<std::uint32_t> {};

TEST_P(LineTournamentTest, KnowsTheHighestWhileTimeGoesOnAndLinesMove) {
  const std::uint32_t n = GetParam();
  std::vector<Line> lines(n);
  std::vector<std::uint32_t> slopes(n);
  for (std::uint32_t i = 0; i < n; ++i) lines[i].slope = slopes[i] = static_cast<std::uint32_t>(mix(i) % (2 * n));
  LineTournament tournament(slopes);
  std::int64_t now = 0;
  for (std::uint64_t step = 0; step < 5000; ++step) {
    const auto i = static_cast<std::uint32_t>(mix(step) % n);
    if (mix(~step) % 4 == 0) {
      lines[i].rank = kNoMember;
      tournament.withdraw(i, now);
    } else {
      lines[i].height = static_cast<std::int64_t>(mix(step << 1) % 1000) - lines[i].slope * now;
      lines[i].rank = (n - i) * 3;
      tournament.place(i, lines[i].height, lines[i].rank, now);
    }
    ASSERT_EQ(tournament.winner(now), highest(lines, now)) << "step " << step;
    now += static_cast<std::int64_t>(mix(step << 2) % 3);
    ASSERT_EQ(tournament.winner(now), highest(lines, now)) << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, LineTournamentTest, testing::Values(1, 2, 3, 32, 33, 50, 64, 200));

TEST(LineTournament, HasNoWinnerWhenNoneIsInPlay) {
  LineTournament tournament({1, 2});
  EXPECT_EQ(tournament.winner(5), kNoMember);
  tournament.place(0, -1000, 0, 5);
  EXPECT_EQ(tournament.winner(5), 0u);
  tournament.restart();
  EXPECT_EQ(tournament.winner(0), kNoMember);
}

}  // namespace
}  // namespace penstock::balancers
