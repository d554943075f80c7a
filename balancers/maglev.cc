#include "balancers/maglev.h"

#include <algorithm>
#include <bit>

#include "balancers/by_key.h"
#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

bool is_prime(std::uint64_t n) {
  for (std::uint64_t divisor = 2; divisor * divisor <= n; ++divisor) {
    if (n % divisor == 0) return false;
  }
  return true;
}

// In powers of two: of tables whose sizes differ by little, nothing is in the same place.
std::uint32_t table_size(std::size_t members) {
  constexpr std::uint64_t kLeast = 1 << 16;
  constexpr std::uint64_t kMost = 1 << 23;
  const std::uint64_t wanted = std::max<std::uint64_t>(std::min<std::uint64_t>(100 * members, kMost), 2 * members);
  std::uint64_t size = std::bit_ceil(std::max(wanted, kLeast)) + 1;
  while (!is_prime(size)) ++size;
  return static_cast<std::uint32_t>(size);
}

/// A member's place in its own order of the slots: offset, offset + skip, offset + 2 skip, … modulo the prime size.
struct Turn {
  std::uint32_t member;
  std::uint32_t slot;
  std::uint32_t skip;
};

/// Members of one weight: they take their turns in the same rounds.
struct Group {
  std::uint64_t weight;
  std::uint64_t due = 0;  ///< when round * weight reaches this, the next turn has come
  std::vector<Turn> turns;
};

class Filling {
 public:
  explicit Filling(std::uint32_t size) : table_(size), taken_(size / 64 + 1), free_(size) {}

  bool full() const { return free_ == 0; }

  /// The member's next slot that is free. Not if full.
  void take(Turn& turn) {
    const auto size = static_cast<std::uint32_t>(table_.size());
    const auto advance = [&] {
      turn.slot += turn.skip;
      if (turn.slot >= size) turn.slot -= size;
    };
    // Most slots looked at are taken ones, towards the end nearly all are: a bit for each stays in the cache.
    while ((taken_[turn.slot / 64] >> turn.slot % 64 & 1) != 0) advance();
    taken_[turn.slot / 64] |= std::uint64_t{1} << turn.slot % 64;
    table_[turn.slot] = turn.member;
    advance();
    --free_;
  }

  std::vector<std::uint32_t> result() { return std::move(table_); }

 private:
  std::vector<std::uint32_t> table_;
  std::vector<std::uint64_t> taken_;
  std::uint32_t free_;
};

/// The heaviest first; within a group, by name.
std::vector<Group> groups_of(const std::vector<Member>& members, std::uint32_t size) {
  std::vector<std::uint32_t> order = in_order_of_name(members);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return members[a].weight > members[b].weight; });
  std::vector<Group> groups;
  for (const std::uint32_t index : order) {
    const Member& member = members[index];
    if (groups.empty() || groups.back().weight != member.weight)
      groups.push_back({.weight = member.weight, .turns = {}});
    groups.back().turns.push_back({.member = index,
                                   .slot = static_cast<std::uint32_t>(hash_text(member.name, 0) % size),
                                   .skip = static_cast<std::uint32_t>(hash_text(member.name, 1) % (size - 1) + 1)});
  }
  return groups;
}

std::vector<std::uint32_t> make_table(const std::vector<Member>& members) {
  const std::uint32_t size = table_size(members.size());
  std::vector<Group> groups = groups_of(members, size);
  const std::uint64_t heaviest = groups.front().weight;
  Filling filling(size);
  for (std::uint64_t round = 1; !filling.full(); ++round) {
    for (Group& group : groups) {
      if (round * group.weight < group.due) continue;
      group.due += heaviest;
      for (Turn& turn : group.turns) {
        if (filling.full()) break;
        filling.take(turn);
      }
    }
  }
  return filling.result();
}

}  // namespace

Maglev::Maglev(const std::vector<Member>& members)
    : table_(std::make_shared<const std::vector<std::uint32_t>>(make_table(members))) {}

std::unique_ptr<Balancer> Maglev::clone() const {
  return std::unique_ptr<Balancer>(new Maglev(*this));
}

std::optional<std::uint32_t> Maglev::pick(std::span<const Load> loads, const Pick& pick) {
  const std::vector<std::uint32_t>& table = *table_;
  return pick_by_key(loads, pick, [&](std::uint64_t hash) { return table[scale(hash, table.size())]; });
}

}  // namespace penstock::balancers
