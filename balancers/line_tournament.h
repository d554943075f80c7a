// Which of many straight lines is the highest now: a kinetic tournament (Basch, Guibas, Hershberger, "Data structures
// for mobile data", 1997).
//
// A match between two lines stays decided until they cross, and when they do can be told in advance. So time may go on,
// and only the matches that it has overtaken are played again.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

/// Of equally high lines the one of the lower rank wins. Ranks of lines in play differ from each other.
class LineTournament {
 public:
  /// Line i rises by slopes[i] per unit of time, at most 2^16. None is in play yet; at least one.
  explicit LineTournament(const std::vector<std::uint32_t>& slopes);

  /// From now on, line `line` is at `height` at the time 0. |height| and slope · time < 2^61.
  void place(std::uint32_t line, std::int64_t height, std::uint32_t rank, std::int64_t now);
  void withdraw(std::uint32_t line, std::int64_t now) { place(line, kOut, kNoMember, now); }
  /// The highest; kNoMember if none is in play. `now` never goes back, except by restart().
  std::uint32_t winner(std::int64_t now);
  /// Time begins at 0 again: withdraws all lines.
  void restart();

 private:
  /// So low that a line not in play never rises above one that is.
  static constexpr std::int64_t kOut = -(std::int64_t{1} << 62);
  struct Line {
    std::int64_t height = kOut;
    std::uint32_t slope = 0;
    std::uint32_t rank = kNoMember;  ///< kNoMember: not in play
    std::int64_t at(std::int64_t now) const { return height + std::int64_t{slope} * now; }
    bool beats(const Line& other, std::int64_t now) const {
      return at(now) != other.at(now) ? at(now) > other.at(now) : rank < other.rank;
    }
  };
  /// Nodes 1 … n-1 are matches between nodes 2i and 2i+1; nodes n … 2n-1 are the lines.
  struct Node {
    std::int64_t holds_until;  ///< from this time on it has to be looked at again, or one below it has
    std::uint32_t winner;
  };
  static constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();

  void replay_outdated(std::size_t node, std::int64_t now);
  void play(std::size_t node, std::int64_t now);

  std::vector<Line> lines_;
  std::vector<Node> nodes_;
};

}  // namespace penstock::balancers
