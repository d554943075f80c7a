// By the request's key, in one look at a table over all endpoints: exactly by weight, and an endpoint that stays the
// same for as long as the set of endpoints does. When that changes, nearly all keys move (ConsistentHash and Maglev
// don't).
#pragma once

#include <memory>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

class SourceHash final : public Balancer {
 public:
  /// At least one member. The table is the same from any order of members.
  explicit SourceHash(const std::vector<Member>& members);

  std::unique_ptr<Balancer> clone() const override;
  std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) override;

 private:
  /// As many columns as members, equally wide; each is shared by at most two (Walker's alias method).
  struct Column {
    std::uint32_t until = ~std::uint32_t{0};  ///< of the column's 2^32, the part that is `own`
    std::uint32_t own = 0;
    std::uint32_t other = 0;
  };
  SourceHash(const SourceHash&) = default;
  static std::vector<Column> make_table(const std::vector<Member>& members);

  std::shared_ptr<const std::vector<Column>> columns_;
};

}  // namespace penstock::balancers
