#include "balancers/load_bound.h"

namespace penstock::balancers {

LoadBound::LoadBound(const std::vector<Member>& members, double c) : c_(c) {
  if (!is_set()) return;
  std::vector<std::uint32_t> weights;
  weights.reserve(members.size());
  for (const Member& member : members) weights.push_back(member.weight);
  weights_ = std::make_shared<const std::vector<std::uint32_t>>(std::move(weights));
}

void LoadBound::start(std::span<const Load> loads) {
  if (!is_set()) return;
  counted_.assign(loads.size(), {});
  in_flight_ = 0;
  weight_ = 0;
  for (std::uint32_t index = 0; index < loads.size(); ++index) changed(loads, index);
}

void LoadBound::changed(std::span<const Load> loads, std::uint32_t index) {
  if (!is_set()) return;
  Counted& counted = counted_[index];
  const std::uint32_t weight = (*weights_)[index];
  if (counted.usable) in_flight_ -= counted.in_flight, weight_ -= weight;
  counted = {loads[index].in_flight, loads[index].usable};
  if (counted.usable) in_flight_ += counted.in_flight, weight_ += weight;
}

}  // namespace penstock::balancers
