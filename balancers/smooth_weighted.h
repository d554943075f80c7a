// nginx's smooth weighted round robin (ngx_http_upstream_get_peer), its sequence exactly: at each pick every usable
// member gains its weight, the one that has most is picked (the first of equals) and pays the sum of the weights.
//
// nginx looks at every member for each pick. Here members of equal weight stand in a queue, and the heads of the queues
// are lines that rise by their weight from pick to pick, of which the highest is sought. A pick is O(1) amortised in
// the number of members and O(log² d) or better in the number of different weights.
#pragma once

#include "balancers/balancer.h"
#include "balancers/line_tournament.h"
#include "balancers/turn_queue.h"

namespace penstock::balancers {

/// As in nginx, members that are not usable, or tried already, neither gain nor count in the sum. What members have
/// gained or owe is carried over to the next snapshot; newcomers begin with nothing.
class SmoothWeighted final : public Balancer {
 public:
  explicit SmoothWeighted(const std::vector<Member>& members);

  std::unique_ptr<Balancer> clone() const override;
  void start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
             std::uint64_t random) override;
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override;
  void fitness_changed(std::span<const Load> loads, std::uint32_t index) override;

 private:
  struct Tables {
    explicit Tables(const std::vector<Member>& members);
    std::vector<std::uint32_t> weights;   ///< the different ones, ascending: the groups
    std::vector<std::uint32_t> group_of;  ///< member → group
  };
  explicit SmoothWeighted(std::shared_ptr<const Tables> tables);

  std::int64_t current(std::uint32_t index) const;
  std::int64_t gained(std::uint32_t index) const;
  std::uint32_t weight(std::uint32_t index) const { return tables_->weights[tables_->group_of[index]]; }
  std::uint32_t turn();
  std::optional<std::uint32_t> willing_turn(std::span<const Load> loads, std::uint64_t bits);
  void join(std::uint32_t index);
  void leave(std::uint32_t index);
  void place_head(std::uint32_t group);
  void restart_time();

  std::shared_ptr<const Tables> tables_;
  TurnQueue::Turns turns_;  ///< credit: nginx's current_weight; less what was gained since `time_` 0 for those in turn
  std::vector<bool> in_turn_;      ///< usable, and not tried by the request in hand
  std::vector<TurnQueue> queues_;  ///< per group
  LineTournament heads_;           ///< per group
  std::int64_t time_ = 0;          ///< picks
  std::int64_t total_ = 0;         ///< weight of those in turn
};

}  // namespace penstock::balancers
