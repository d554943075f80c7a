// Whether an endpoint may be picked for a request.
#pragma once

#include "balancers/balancer.h"
#include "balancers/hash.h"

namespace penstock::balancers {

inline bool has_tried(const Pick& pick, std::uint32_t index) {
  for (const std::uint32_t tried : pick.tried) {
    if (tried == index) return true;
  }
  return false;
}

/// Usable, and not tried yet.
inline bool eligible(std::span<const Load> loads, const Pick& pick, std::uint32_t index) {
  return loads[index].usable && !has_tried(pick, index);
}

/// For an endpoint in slow start: whether it takes this one. `bits` decides: those of a key make the same requests come
/// over for good, one after the other, as its share grows; random ones make it a matter of chance.
inline bool takes(const Load& load, std::uint64_t bits, std::uint32_t index) {
  return load.share >= kWholeShare || mix(bits ^ mix(index)) % kWholeShare < load.share;
}

}  // namespace penstock::balancers
