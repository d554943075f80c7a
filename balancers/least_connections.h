// The endpoint with the fewest requests under way, for its weight: least (in_flight + 1) / (weight · share), exactly.
//
// The one more is the request in hand, so that an idle endpoint of weight 10 comes before an idle one of weight 1.
// Equals take turns: the one whose last pick or return is longest ago.
#pragma once

#include "balancers/balancer.h"
#include "balancers/weights.h"

namespace penstock::balancers {

/// A winner tree: a pick reads its root, O(1); every change of a load plays the matches above one leaf, O(log n).
/// Relies on in_flight_changed() for turns: picks that are never counted in flight get the same answer each time.
class LeastConnections final : public Balancer {
 public:
  explicit LeastConnections(const std::vector<Member>& members);

  std::unique_ptr<Balancer> clone() const override;
  void start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
             std::uint64_t random) override;
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override;
  void in_flight_changed(std::span<const Load> loads, std::uint32_t index) override;
  void fitness_changed(std::span<const Load> loads, std::uint32_t index) override;

 private:
  struct State {
    std::uint32_t in_flight = 0;
    std::uint32_t capacity = 0;  ///< weight · share; 0 = not to be picked, which loses against every other
    std::uint64_t turn = 0;      ///< the lower one is first among equals
    bool beats(const State& other) const;
  };
  explicit LeastConnections(std::shared_ptr<const Weights> weights);

  void read(const Load& load, std::uint32_t index);
  void take_out(std::uint32_t index);
  void play_above(std::uint32_t index);

  std::shared_ptr<const Weights> weights_;
  std::vector<State> states_;
  std::vector<std::uint32_t> winners_;  ///< [1 … n-1]: of the matches between 2i and 2i+1; [n … 2n-1]: the members
  std::uint64_t next_turn_ = 0;
};

}  // namespace penstock::balancers
