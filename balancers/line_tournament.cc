#include "balancers/line_tournament.h"

#include <algorithm>

namespace penstock::balancers {
namespace {

/// Up to so many lines it is quicker to look at each of them.
constexpr std::size_t kFew = 32;

}  // namespace

LineTournament::LineTournament(const std::vector<std::uint32_t>& slopes)
    : lines_(slopes.size()), nodes_(2 * slopes.size()) {
  for (std::size_t i = 0; i < slopes.size(); ++i) lines_[i].slope = slopes[i];
  restart();
}

void LineTournament::restart() {
  const std::size_t n = lines_.size();
  for (auto& line : lines_) line = {kOut, line.slope, kNoMember};
  for (std::size_t i = 0; i < n; ++i) nodes_[n + i] = {kForEver, static_cast<std::uint32_t>(i)};
  for (std::size_t node = n - 1; node > 0; --node) play(node, 0);
}

void LineTournament::place(std::uint32_t line, std::int64_t height, std::uint32_t rank, std::int64_t now) {
  lines_[line].height = height;
  lines_[line].rank = rank;
  if (lines_.size() <= kFew) return;
  // Together with those that time has overtaken, so that none is played twice.
  for (std::size_t node = (lines_.size() + line) / 2; node > 0; node /= 2) nodes_[node].holds_until = now;
  replay_outdated(1, now);
}

std::uint32_t LineTournament::winner(std::int64_t now) {
  std::uint32_t line = 0;
  if (lines_.size() > kFew) {
    replay_outdated(1, now);
    line = nodes_[1].winner;
  } else {
    for (std::uint32_t i = 1; i < lines_.size(); ++i) {
      if (lines_[i].beats(lines_[line], now)) line = i;
    }
  }
  return lines_[line].rank != kNoMember ? line : kNoMember;
}

void LineTournament::replay_outdated(std::size_t node, std::int64_t now) {
  if (nodes_[node].holds_until > now) return;
  replay_outdated(2 * node, now);
  replay_outdated(2 * node + 1, now);
  play(node, now);
}

void LineTournament::play(std::size_t node, std::int64_t now) {
  const Node& one = nodes_[2 * node];
  const Node& other = nodes_[2 * node + 1];
  const Line* winner = &lines_[one.winner];
  const Line* loser = &lines_[other.winner];
  const bool swapped = loser->beats(*winner, now);
  if (swapped) std::swap(winner, loser);
  std::int64_t until = std::min(one.holds_until, other.holds_until);
  if (loser->slope > winner->slope) {
    const std::int64_t lead = winner->at(now) - loser->at(now);
    const std::int64_t faster = loser->slope - winner->slope;
    // When they meet exactly, the rank decides; the loser overtakes one step later if it does not have the lower one.
    const bool at_once = loser->rank < winner->rank && lead % faster == 0;
    until = std::min(until, now + lead / faster + (at_once ? 0 : 1));
  }
  nodes_[node] = {until, swapped ? other.winner : one.winner};
}

}  // namespace penstock::balancers
