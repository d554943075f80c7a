// The peak EWMA of an endpoint's latency (Finagle's, as in linkerd): a slow answer counts at once and in full, a quick
// one little by little, and what was seen long ago counts for less and less.
#pragma once

#include <cmath>
#include <cstdint>

#include "balancers/balancer.h"

namespace penstock::balancers {

/// An answer came (its first byte) after `rtt_ns`. now ≥ every now before.
void observe_latency(Load& load, std::uint64_t rtt_ns, std::uint64_t now, std::uint64_t decay_ns);

/// An attempt failed or was given up after `elapsed_ns`. It never makes the endpoint look quick: it counts as at least
/// twice what is known of it, and twice `typical_ns` (what the endpoint's peers take; 0 = unknown); at most 60 s.
void observe_failure(Load& load, std::uint64_t elapsed_ns, std::uint64_t typical_ns, std::uint64_t now,
                     std::uint64_t decay_ns);

/// What is left of 1 after `age_ns`: exp(-age / decay), to within 1e-5.
inline double faded(std::uint64_t age_ns, std::uint64_t decay_ns) {
  const double x = static_cast<double>(age_ns) / static_cast<double>(decay_ns);
  // Most ages are far below the decay.
  return x < 0.125 ? 1 - x * (1 - x * (0.5 - x * (1.0 / 6))) : std::exp(-x);
}

/// As it stands at `now`, with nothing seen since load.latency_at. 0 = nothing known.
double latency_at(const Load& load, std::uint64_t now, std::uint64_t decay_ns);

}  // namespace penstock::balancers
