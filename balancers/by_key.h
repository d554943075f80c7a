// What the policies that go by a key have in common: what they do if the endpoint that a key belongs to can't take it.
#pragma once

#include <algorithm>
#include <vector>

#include "balancers/balancer.h"
#include "balancers/eligible.h"

namespace penstock::balancers {

/// Eligible, and takes what this key brings even if it is in slow start.
inline bool takes_key_now(std::span<const Load> loads, const Pick& pick, std::uint32_t index) {
  return eligible(loads, pick, index) && takes(loads[index], pick.key, index);
}

/// The eligible endpoint that ranks highest for the key (Thaler and Ravishankar's rendezvous hashing); those that take
/// the key now before those in slow start. nullopt if none is eligible. O(n): for when guessing has failed.
std::optional<std::uint32_t> highest_ranked(std::span<const Load> loads, const Pick& pick);

/// A hash as a number from 0 to `size` - 1; no division.
inline std::uint32_t scale(std::uint64_t hash, std::size_t size) {
  return static_cast<std::uint32_t>((hash >> 32) * size >> 32);
}

/// `member_of(hash)` is a table's answer to a 64-bit hash. The key's own hash is asked first, then others that follow
/// from the key, so that the keys of an endpoint that is out spread over all others.
template <typename MemberOf>
std::optional<std::uint32_t> pick_by_key(std::span<const Load> loads, const Pick& pick, const MemberOf& member_of) {
  constexpr std::size_t kMostAttempts = 128;
  const std::size_t attempts = std::min(kMostAttempts, 4 * loads.size());
  for (std::size_t attempt = 0; attempt < attempts; ++attempt) {
    const std::uint32_t member = member_of(mix(pick.key + attempt));
    if (takes_key_now(loads, pick, member)) return member;
  }
  return highest_ranked(loads, pick);
}

/// Indices of the members, by name: the same endpoints in the same order in every gateway. Those of equal names stay in
/// the order they have.
std::vector<std::uint32_t> in_order_of_name(const std::vector<Member>& members);

}  // namespace penstock::balancers
