#include "balancers/latency.h"

#include <algorithm>

namespace penstock::balancers {
namespace {

constexpr double kMostNs = 60e9;

double faded_since(const Load& load, std::uint64_t now, std::uint64_t decay_ns) {
  return faded(now > load.latency_at ? now - load.latency_at : 0, decay_ns);
}

}  // namespace

void observe_latency(Load& load, std::uint64_t rtt_ns, std::uint64_t now, std::uint64_t decay_ns) {
  // A peak counts in full: against what was known when it was last looked at, not what has faded since.
  const double rtt = std::max(static_cast<double>(rtt_ns), 1.0);
  const double before = load.latency_ns;
  const double part = faded_since(load, now, decay_ns);
  load.latency_ns = static_cast<float>(rtt > before ? rtt : before * part + rtt * (1 - part));
  load.latency_at = now;
}

void observe_failure(Load& load, std::uint64_t elapsed_ns, std::uint64_t typical_ns, std::uint64_t now,
                     std::uint64_t decay_ns) {
  const double known = latency_at(load, now, decay_ns);
  const double least = 2 * std::max(known, static_cast<double>(typical_ns));
  const double counted = std::min(std::max(static_cast<double>(elapsed_ns), least), kMostNs);
  observe_latency(load, static_cast<std::uint64_t>(counted), now, decay_ns);
}

double latency_at(const Load& load, std::uint64_t now, std::uint64_t decay_ns) {
  if (load.latency_ns == 0) return 0;
  return load.latency_ns * faded_since(load, now, decay_ns);
}

}  // namespace penstock::balancers
