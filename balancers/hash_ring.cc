#include "balancers/hash_ring.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <string_view>

#include "balancers/by_key.h"
#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

/// Enough for 160 points each of 10,000 endpoints; 9 million took 200 ms to make.
constexpr std::uint64_t kMostPoints = 1'700'000;

/// While it is being sorted, a point is its hash in the upper half and the rank of its endpoint's name in the lower.
using Points = std::vector<std::uint64_t>;

/// What an endpoint's points begin with: host, a NUL, port. As nginx reads it: a port is what follows the last colon,
/// if it is digits only.
std::uint32_t base_of(std::string_view name) {
  constexpr std::string_view kUnix = "unix:";
  constexpr std::string_view kNul("\0", 1);
  if (name.starts_with(kUnix)) return crc32(kNul, crc32(name.substr(kUnix.size())));
  const std::size_t colon = name.find_last_not_of("0123456789");
  if (colon == name.npos || name[colon] != ':') return crc32(kNul, crc32(name));
  return crc32(name.substr(colon + 1), crc32(kNul, crc32(name.substr(0, colon))));
}

void add_points(Points& points, std::uint32_t base, std::uint64_t count, std::uint32_t rank) {
  std::uint32_t hash = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const char previous[4] = {static_cast<char>(hash), static_cast<char>(hash >> 8), static_cast<char>(hash >> 16),
                              static_cast<char>(hash >> 24)};
    hash = crc32({previous, sizeof previous}, base);
    points.push_back(std::uint64_t{hash} << 32 | rank);
  }
}

Points all_points(const std::vector<Member>& members, const std::vector<std::uint32_t>& order,
                  std::uint32_t points_per_weight) {
  std::uint64_t wanted = 0;
  for (const Member& member : members) wanted += std::uint64_t{member.weight} * points_per_weight;
  Points points;
  points.reserve(std::min(wanted, kMostPoints) + members.size());
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) {
    const Member& member = members[order[rank]];
    std::uint64_t count = std::uint64_t{member.weight} * points_per_weight;
    if (wanted > kMostPoints) count = std::max<std::uint64_t>(1, count * kMostPoints / wanted);
    add_points(points, base_of(member.name), count, rank);
  }
  return points;
}

/// By hash; points of one hash stay in the order they have, which is that of names. A radix sort: four passes, each by
/// a byte.
void sort_by_hash(Points& points) {
  std::array<std::array<std::uint32_t, 256>, 4> next{};
  const auto byte_of = [](std::uint64_t point, std::size_t pass) { return point >> (32 + 8 * pass) & 0xff; };
  for (const std::uint64_t point : points) {
    for (std::size_t pass = 0; pass < 4; ++pass) ++next[pass][byte_of(point, pass)];
  }
  Points sorted(points.size());
  for (std::size_t pass = 0; pass < 4; ++pass) {
    std::exclusive_scan(next[pass].begin(), next[pass].end(), next[pass].begin(), 0u);
    for (const std::uint64_t point : points) sorted[next[pass][byte_of(point, pass)]++] = point;
    points.swap(sorted);
  }
}

}  // namespace

HashRing::HashRing(const std::vector<Member>& members, std::uint32_t points_per_weight) {
  const std::vector<std::uint32_t> order = in_order_of_name(members);
  Points points = all_points(members, order, std::max(points_per_weight, 1u));

  sort_by_hash(points);
  const auto same_hash = [](std::uint64_t a, std::uint64_t b) { return a >> 32 == b >> 32; };
  points.erase(std::unique(points.begin(), points.end(), same_hash), points.end());

  // So many points to a bucket that the table of buckets stays in the cache of a core, where the points don't; but so
  // many buckets that what is left of a hash and a member fit into 32 bits. There are at least as many points as
  // members.
  constexpr int kPointsPerBucketBits = 4;
  member_bits_ = static_cast<int>(std::bit_width(members.size() - 1));
  const int point_bits = static_cast<int>(std::bit_width(points.size()));
  low_bits_ = 32 - std::max({1, member_bits_, point_bits - 1 - kPointsPerBucketBits});
  place(points, order);
}

void HashRing::place(const std::vector<std::uint64_t>& points, const std::vector<std::uint32_t>& order) {
  first_in_.reserve((std::size_t{1} << (32 - low_bits_)) + 1);
  points_.reserve(points.size());
  for (const std::uint64_t point : points) {
    const std::uint64_t hash = point >> 32;
    first_in_.resize(std::max<std::size_t>(first_in_.size(), (hash >> low_bits_) + 1), size());
    points_.push_back(low_of(static_cast<std::uint32_t>(hash)) << member_bits_ | order[point & 0xffffffff]);
  }
  first_in_.resize((std::size_t{1} << (32 - low_bits_)) + 1, size());
}

}  // namespace penstock::balancers
