// The shape of every balancer: built once per snapshot, asked once per attempt, answers with an index.
//
// Pure: no clock, no randomness, no I/O, no locks inside. All that varies is handed in, so that a decision can be
// replayed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace penstock::balancers {

/// What a balancer may know of an endpoint at the moment of a pick. Kept by the worker, indexed like the snapshot.
struct Load {
  std::uint32_t in_flight = 0;  ///< requests of this worker under way at the endpoint
  bool usable = true;           ///< false: unhealthy, ejected or draining; never picked
};

/// What one pick is about.
struct Pick {
  std::uint64_t key = 0;                      ///< hash of the request's balancing key; unused by keyless policies
  std::uint64_t random = 0;                   ///< fresh uniform bits
  std::uint64_t turn = 0;                     ///< counts this worker's picks, starting anywhere
  std::span<const std::uint32_t> tried = {};  ///< endpoints that this request has failed at already
};

/// One policy over one snapshot of endpoints. Immutable, and so usable from any thread.
class Balancer {
 public:
  virtual ~Balancer() = default;
  /// Index of the endpoint to use, in [0, loads.size()); nullopt if none is usable and untried.
  virtual std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) const = 0;
};

/// True if the endpoint may be picked for this request.
inline bool eligible(std::span<const Load> loads, const Pick& pick, std::uint32_t index) {
  if (!loads[index].usable) return false;
  for (std::uint32_t t : pick.tried) {
    if (t == index) return false;
  }
  return true;
}

}  // namespace penstock::balancers
