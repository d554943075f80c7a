#include "balancers/random_policy.h"

#include "balancers/draw.h"
#include "balancers/eligible.h"

namespace penstock::balancers {
namespace {

/// Draws before the slow, exact way.
constexpr int kMostDraws = 64;
/// Draws from the table over all members, before it is taken that few of them are usable.
constexpr int kMostTableDraws = 8;

}  // namespace

std::unique_ptr<Balancer> Random::clone() const {
  return std::unique_ptr<Balancer>(new Random(usable_.members()));
}

void Random::start(std::span<const Load> loads, const Balancer*, std::span<const std::uint32_t>, std::uint64_t) {
  usable_.reset(loads);
}

std::optional<std::uint32_t> Random::pick(std::span<const Load> loads, const Pick& pick) {
  if (usable_.size() == 0) return std::nullopt;
  std::uint64_t bits = pick.random;
  for (int i = 0; i < kMostDraws; ++i, bits = mix(bits)) {
    const std::uint32_t index = usable_[draw(bits, usable_.size()).number];
    if (eligible(loads, pick, index) && takes(loads[index], bits, index)) return index;
  }
  // Nearly all are unwilling or tried.
  const std::uint32_t begin = draw(bits, usable_.size()).number;
  for (std::uint32_t step = 0; step < usable_.size(); ++step) {
    const std::uint32_t index = usable_[(begin + step) % usable_.size()];
    if (eligible(loads, pick, index)) return index;
  }
  return std::nullopt;
}

void Random::fitness_changed(std::span<const Load> loads, std::uint32_t index) {
  usable_.changed(loads, index);
}

WeightedRandom::WeightedRandom(const std::vector<Member>& members)
    : WeightedRandom(std::make_shared<const Tables>(weights_of(members))) {}

WeightedRandom::WeightedRandom(std::shared_ptr<const Tables> tables)
    : tables_(std::move(tables)), usable_(tables_->weights.size()) {}

std::unique_ptr<Balancer> WeightedRandom::clone() const {
  return std::unique_ptr<Balancer>(new WeightedRandom(tables_));
}

void WeightedRandom::start(std::span<const Load> loads, const Balancer*, std::span<const std::uint32_t>,
                           std::uint64_t) {
  for (std::uint32_t i = 0; i < loads.size(); ++i) fitness_changed(loads, i);
}

std::optional<std::uint32_t> WeightedRandom::pick(std::span<const Load> loads, const Pick& pick) {
  std::uint64_t bits = pick.random;
  for (int i = 0; i < kMostTableDraws; ++i, bits = mix(bits)) {
    const std::uint32_t index = tables_->all.draw(bits);
    if (eligible(loads, pick, index) && takes(loads[index], bits, index)) return index;
  }
  for (const std::uint32_t tried : pick.tried) {
    if (tried < loads.size()) usable_.set(tried, 0);
  }
  const auto index = pick_usable(loads, bits);
  for (const std::uint32_t tried : pick.tried) {
    if (tried < loads.size()) fitness_changed(loads, tried);
  }
  return index;
}

std::optional<std::uint32_t> WeightedRandom::pick_usable(std::span<const Load> loads, std::uint64_t bits) const {
  if (usable_.total() == 0) return std::nullopt;
  std::uint32_t index = kNoMember;
  for (int i = 0; i < kMostDraws; ++i) {
    bits = mix(bits);
    // The remainder's bias is total / 2^64: below 1e-9 up to 10^5 members of the greatest weight.
    index = usable_.find(bits % usable_.total());
    if (takes(loads[index], mix(bits), index)) break;
  }
  return index;
}

void WeightedRandom::fitness_changed(std::span<const Load> loads, std::uint32_t index) {
  usable_.set(index, loads[index].usable ? tables_->weights[index] : 0);
}

}  // namespace penstock::balancers
