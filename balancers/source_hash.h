// By the request's key, in one look at a table over all endpoints: exactly by weight, and an endpoint that stays the
// same for as long as the set of endpoints does. When that changes, nearly all keys move (ConsistentHash and Maglev
// don't).
#pragma once

#include <memory>
#include <vector>

#include "balancers/alias_table.h"
#include "balancers/balancer.h"

namespace penstock::balancers {

class SourceHash final : public Balancer {
 public:
  /// At least one member. The table is the same from any order of members.
  explicit SourceHash(const std::vector<Member>& members);

  std::unique_ptr<Balancer> clone() const override;
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override;

 private:
  struct Table {
    explicit Table(const std::vector<Member>& members);
    std::vector<std::uint32_t> by_name;  ///< rank → member
    AliasTable ranks;                    ///< drawn by the key in place of chance
  };
  SourceHash(const SourceHash&) = default;

  std::shared_ptr<const Table> table_;
};

}  // namespace penstock::balancers
