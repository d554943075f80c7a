// Each endpoint in turn, whatever its weight.
#pragma once

#include "balancers/balancer.h"
#include "balancers/index_set.h"

namespace penstock::balancers {

/// O(1) however many endpoints are not usable. Those are passed over with the position set behind the one used instead,
/// so that the neighbour of a failed endpoint does not get two turns.
class RoundRobin final : public Balancer {
 public:
  explicit RoundRobin(const std::vector<Member>& members);

  std::unique_ptr<Balancer> clone() const override;
  void start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
             std::uint64_t random) override;
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override;
  void fitness_changed(std::span<const Load> loads, std::uint32_t index) override;

 private:
  explicit RoundRobin(std::uint32_t members) : members_(members), usable_(members) {}
  std::uint32_t next_usable(std::uint32_t from) const;
  std::uint32_t carried_position(const RoundRobin& previous, std::span<const std::uint32_t> from) const;

  std::uint32_t members_;
  std::uint32_t position_ = 0;  ///< whose turn it is
  IndexSet usable_;
};

}  // namespace penstock::balancers
