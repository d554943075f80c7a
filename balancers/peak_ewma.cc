#include "balancers/peak_ewma.h"

#include <algorithm>

#include "balancers/draw.h"
#include "balancers/eligible.h"
#include "balancers/latency.h"

namespace penstock::balancers {
namespace {

constexpr int kMostDraws = 64;
/// One pick in so many takes its first choice unseen. Without it an endpoint that was slow once would be looked at only
/// when its latency has faded below that of all others, or they are busy.
constexpr std::uint64_t kExplored = 64;

}  // namespace

PeakEwma::PeakEwma(const std::vector<Member>& members, std::uint64_t decay_ns)
    : PeakEwma(shared_weights_of(members), decay_ns) {}

PeakEwma::PeakEwma(std::shared_ptr<const Weights> weights, std::uint64_t decay_ns)
    : weights_(std::move(weights)), decay_ns_(decay_ns), usable_(weights_->size()) {}

std::unique_ptr<Balancer> PeakEwma::clone() const {
  return std::unique_ptr<Balancer>(new PeakEwma(weights_, decay_ns_));
}

void PeakEwma::start(std::span<const Load> loads, const Balancer*, std::span<const std::uint32_t>, std::uint64_t) {
  usable_.reset(loads);
}

std::optional<std::uint32_t> PeakEwma::pick(std::span<const Load> loads, const Pick& pick) {
  const std::uint32_t choices = usable_.size();
  if (choices == 0) return std::nullopt;
  const std::uint64_t bits = mix(pick.random);
  const bool exploring = bits % kExplored == 0;
  Place first = draw(pick.random, choices).number;
  if (!pick.tried.empty()) first = untried(pick, first, kNoMember);
  if (first == kNoMember) return std::nullopt;
  const std::uint32_t one = usable_[first];
  if (exploring || choices == 1) return one;

  Place second = draw(bits, choices - 1).number;
  if (second >= first) ++second;
  if (!pick.tried.empty()) second = untried(pick, second, first);
  if (second == kNoMember) return one;
  const std::uint32_t other = usable_[second];
  return cheaper(loads, other, one) ? other : one;
}

/// `place`, or another one drawn, until it is neither `except` nor of an endpoint that was tried; kNoMember if none is
/// left.
PeakEwma::Place PeakEwma::untried(const Pick& pick, Place place, Place except) const {
  const auto fits = [&](Place at) { return at != except && !has_tried(pick, usable_[at]); };
  std::uint64_t bits = mix(pick.random ^ place);
  for (int i = 0; i < kMostDraws; ++i, bits = mix(bits)) {
    if (fits(place)) return place;
    place = draw(bits, usable_.size()).number;
  }
  for (place = 0; place < usable_.size(); ++place) {
    if (fits(place)) return place;
  }
  return kNoMember;
}

bool PeakEwma::cheaper(std::span<const Load> loads, std::uint32_t a, std::uint32_t b) const {
  const Load& one = loads[a];
  const Load& other = loads[b];
  double cost_one = (one.in_flight + 1.0) * (*weights_)[b] * other.share;
  double cost_other = (other.in_flight + 1.0) * (*weights_)[a] * one.share;
  if (one.latency_ns == 0 || other.latency_ns == 0) return cost_one < cost_other;
  cost_one *= one.latency_ns;
  cost_other *= other.latency_ns;
  // Both have faded since the later one was seen, by the same factor: what counts is how much more the earlier one has.
  const std::uint64_t later = std::max(one.latency_at, other.latency_at);
  cost_one *= faded(later - one.latency_at, decay_ns_);
  cost_other *= faded(later - other.latency_at, decay_ns_);
  return cost_one < cost_other;
}

void PeakEwma::fitness_changed(std::span<const Load> loads, std::uint32_t index) {
  usable_.changed(loads, index);
}

}  // namespace penstock::balancers
