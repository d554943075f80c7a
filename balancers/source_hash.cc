#include "balancers/source_hash.h"

#include "balancers/by_key.h"

namespace penstock::balancers {
namespace {

std::vector<std::uint32_t> weights_of(const std::vector<Member>& members, const std::vector<std::uint32_t>& order) {
  std::vector<std::uint32_t> weights;
  for (const std::uint32_t index : order) weights.push_back(members[index].weight);
  return weights;
}

}  // namespace

SourceHash::Table::Table(const std::vector<Member>& members)
    : by_name(in_order_of_name(members)), ranks(weights_of(members, by_name)) {}

SourceHash::SourceHash(const std::vector<Member>& members) : table_(std::make_shared<const Table>(members)) {}

std::unique_ptr<Balancer> SourceHash::clone() const {
  return std::unique_ptr<Balancer>(new SourceHash(*this));
}

std::optional<std::uint32_t> SourceHash::pick(std::span<const Load> loads, const Pick& pick) {
  return pick_by_key(loads, pick, [&](std::uint64_t hash) { return table_->by_name[table_->ranks.draw(hash)]; });
}

}  // namespace penstock::balancers
