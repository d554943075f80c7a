// A ring of points, many for each endpoint; a key belongs to the endpoint of the first point at or after its hash.
//
// The points are those of nginx's `hash … consistent` (ngx_http_upstream_hash_module, after Cache::Memcached::Fast, in
// the manner of ketama): for an endpoint HOST:PORT, each is crc32(HOST \0 PORT PREVIOUS), PREVIOUS being the point
// before it as 4 bytes, little end first, and 0 for the first.
#pragma once

#include <cstdint>
#include <vector>

#include "balancers/balancer.h"

namespace penstock::balancers {

/// Immutable once made; any thread. Lookup is O(1): the points are cut into buckets by the top bits of their hashes,
/// some 32 in each at most, and in 4 bytes a point holds the rest of its hash and whose it is.
class HashRing {
 public:
  /// Names are "host:port", "[v6]:port" or "unix:path". Each endpoint has weight * points_per_weight points; if that
  /// would be more than 1.7 million in all (nginx has no bound), all have fewer in proportion, and at least one. If two
  /// endpoints have a point in common, it is the one's whose name is smaller, so that the ring is the same from any
  /// order of members. Of members with equal names only the first is on the ring.
  HashRing(const std::vector<Member>& members, std::uint32_t points_per_weight);

  /// The position, 0 … size() - 1, that a hash leads to.
  std::uint32_t position_of(std::uint32_t hash) const {
    const std::size_t bucket = std::uint64_t{hash} >> low_bits_;
    const std::uint32_t begin = first_in_[bucket];
    const std::uint32_t end = first_in_[bucket + 1];
    const std::uint32_t low = low_of(hash);
    // Points lie evenly enough that the place by proportion is right to a few points, so usually in the right cache
    // line.
    auto position = begin + static_cast<std::uint32_t>(std::uint64_t{low} * (end - begin) >> low_bits_);
    const std::uint32_t wanted = low << member_bits_;
    while (position > begin && points_[position - 1] >= wanted) --position;
    while (position < end && points_[position] < wanted) ++position;
    return position == points_.size() ? 0 : position;
  }
  std::uint32_t member_at(std::uint32_t position) const { return points_[position] & ((1u << member_bits_) - 1); }
  /// The next one clockwise.
  std::uint32_t after(std::uint32_t position) const { return position + 1 == points_.size() ? 0 : position + 1; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(points_.size()); }

 private:
  std::uint32_t low_of(std::uint32_t hash) const { return hash & ((1u << low_bits_) - 1); }
  void place(const std::vector<std::uint64_t>& points, const std::vector<std::uint32_t>& order);

  int low_bits_;     ///< of a hash, those that don't tell the bucket: at most 31
  int member_bits_;  ///< of a point, those that tell whose it is; the others are the low bits of its hash
  std::vector<std::uint32_t> first_in_;  ///< position of each bucket's first point; and one more for the end
  std::vector<std::uint32_t> points_;    ///< ascending in each bucket
};

}  // namespace penstock::balancers
