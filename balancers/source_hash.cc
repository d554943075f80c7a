#include "balancers/source_hash.h"

#include "balancers/by_key.h"
#include "balancers/hash.h"

namespace penstock::balancers {

std::vector<SourceHash::Column> SourceHash::make_table(const std::vector<Member>& members) {
  const std::vector<std::uint32_t> order = in_order_of_name(members);
  std::uint64_t width = 0;  // of a column, where a member of weight w has w * n to place
  for (const Member& member : members) width += member.weight;

  // Vose's method, in whole numbers: a column that its member doesn't fill is filled up by one that has too much.
  std::vector<Column> columns(order.size());
  std::vector<std::uint64_t> left(order.size());
  std::vector<std::size_t> small, large;
  for (std::size_t i = 0; i < order.size(); ++i) {
    columns[i].own = columns[i].other = order[i];
    left[i] = std::uint64_t{members[order[i]].weight} * order.size();
    (left[i] < width ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::size_t to = small.back(), from = large.back();
    small.pop_back();
    columns[to].until = static_cast<std::uint32_t>(static_cast<double>(left[to]) / static_cast<double>(width) * 0x1p32);
    columns[to].other = order[from];
    left[from] -= width - left[to];
    if (left[from] < width) large.pop_back(), small.push_back(from);
  }
  return columns;
}

SourceHash::SourceHash(const std::vector<Member>& members)
    : columns_(std::make_shared<const std::vector<Column>>(make_table(members))) {}

std::unique_ptr<Balancer> SourceHash::clone() const {
  return std::unique_ptr<Balancer>(new SourceHash(*this));
}

std::optional<std::uint32_t> SourceHash::pick(std::span<const Load> loads, const Pick& pick) {
  const std::vector<Column>& columns = *columns_;
  return pick_by_key(loads, pick, [&](std::uint64_t hash) {
    const std::uint64_t place = (hash >> 32) * columns.size();
    const Column& column = columns[place >> 32];
    return static_cast<std::uint32_t>(place) < column.until ? column.own : column.other;
  });
}

}  // namespace penstock::balancers
