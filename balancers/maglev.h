// By the request's key, in one look at a table that every endpoint has filled its part of, in turns and in an order of
// its own: very even, and an endpoint that goes moves few keys of the others.
//
// Eisenbud et al.: Maglev, A Fast and Reliable Software Network Load Balancer (NSDI 2016), 3.4. Weights as in Envoy: in
// each round the heaviest endpoints take a slot, one of a third of their weight in every third.
#pragma once

#include <memory>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

class Maglev final : public Balancer {
 public:
  /// At least one member. The table is the same from any order of members. Its size is the first prime after a power of
  /// two: 65,537, or more for more than 655 members, so that there are 100 slots for each (fewer from 83,887 members
  /// on). Where the size changes, at 656 members, 1,311, 2,622 and so on, nearly all keys move once; ConsistentHash
  /// knows no such steps.
  explicit Maglev(const std::vector<Member>& members);

  std::unique_ptr<Balancer> clone() const override;
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override;

  /// Whose each slot is.
  const std::vector<std::uint32_t>& table() const { return *table_; }

 private:
  Maglev(const Maglev&) = default;

  std::shared_ptr<const std::vector<std::uint32_t>> table_;
};

}  // namespace penstock::balancers
