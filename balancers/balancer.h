// The shape of every balancer: made once per snapshot, asked once per attempt, answers with an index.
//
// Pure: no clock, no randomness, no I/O, no locks inside. All that varies is handed in, so that every decision can be
// replayed. A balancer has two parts: tables, which are dear to make, immutable and shared by the workers, and a
// worker's own position in them. clone() copies the second and shares the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace penstock::balancers {

/// An endpoint, as a balancer sees it when it is made.
struct Member {
  std::string name;          ///< stable over snapshots, the same in every gateway: what hashing policies place it by
  std::uint32_t weight = 1;  ///< 1 … 65535
};

/// Load::share of an endpoint that takes all of its share.
inline constexpr std::uint16_t kWholeShare = 4096;

/// What a worker knows of an endpoint at the moment of a pick; indexed like the members.
struct Load {
  std::uint32_t in_flight = 0;        ///< requests of this worker under way there
  std::uint16_t share = kWholeShare;  ///< 1 … kWholeShare: the part of its share that it takes now (slow start)
  bool usable = true;                 ///< false: unhealthy, ejected or draining; never picked
  float latency_ns = 0;               ///< peak EWMA at `latency_at`; 0 = nothing known yet (balancers/latency.h)
  std::uint64_t latency_at = 0;       ///< ns, steady
};

/// What one pick is about.
struct Pick {
  std::uint64_t key = 0;     ///< hash_key() of what the request is told apart by; fresh random bits if it has nothing
  std::uint64_t random = 0;  ///< fresh uniform bits, independent of the key
  std::uint64_t now = 0;     ///< ns, steady
  std::span<const std::uint32_t> tried = {};  ///< endpoints that this request has failed at already: few
};

inline constexpr std::uint32_t kNoMember = ~std::uint32_t{0};

/// One policy over one snapshot. Belongs to one thread at a time.
class Balancer {
 public:
  virtual ~Balancer() = default;

  /// Another one over the same members, at the beginning. Any thread, also while this one is not being changed.
  virtual std::unique_ptr<Balancer> clone() const = 0;

  /// Once, before the first pick: the loads as they are; loads.size() = the number of members. `previous` (or null) is
  /// the balancer of the same policy that this one replaces, and from[i] the index that member i had there, or
  /// kNoMember: what it has learned of those that stay is carried over. `random` sets where a balancer that takes turns
  /// begins if there is no previous one; 0 = at the first member.
  virtual void start(std::span<const Load> loads, const Balancer* previous, std::span<const std::uint32_t> from,
                     std::uint64_t random) {
    static_cast<void>(loads), static_cast<void>(previous), static_cast<void>(from), static_cast<void>(random);
  }

  /// The endpoint to use; nullopt if none is usable and untried. An endpoint whose share is reduced is passed over as
  /// often as that says, but never if there is no other.
  virtual std::optional<std::uint32_t> pick(std::span<const Load> loads, const Pick& pick) = 0;

  /// loads[index].in_flight has just changed by one.
  virtual void in_flight_changed(std::span<const Load> loads, std::uint32_t index) {
    static_cast<void>(loads), static_cast<void>(index);
  }
  /// loads[index].usable or .share has just changed.
  virtual void fitness_changed(std::span<const Load> loads, std::uint32_t index) {
    static_cast<void>(loads), static_cast<void>(index);
  }
};

}  // namespace penstock::balancers
