// What the tests of policies that go by a key say: some endpoints, and where keys go.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "balancers/balancer.h"
#include "balancers/hash.h"

namespace penstock::balancers {

inline std::string address(std::size_t i) {
  return "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":8080";
}

inline std::vector<Member> endpoints(std::size_t count, std::uint32_t weight = 1) {
  std::vector<Member> members;
  for (std::size_t i = 0; i < count; ++i) members.push_back({address(i), weight});
  return members;
}

inline std::vector<Member> without(std::vector<Member> members, std::size_t index) {
  members.erase(members.begin() + static_cast<std::ptrdiff_t>(index));
  return members;
}

inline std::vector<Member> reversed(std::vector<Member> members) {
  std::reverse(members.begin(), members.end());
  return members;
}

/// One worker with a policy over `members`.
template <typename Policy>
struct Placing {
  template <typename... Settings>
  explicit Placing(std::vector<Member> all, Settings... settings)
      : members(std::move(all)), loads(members.size()), balancer(std::make_unique<Policy>(members, settings...)) {
    balancer->start(loads, nullptr, {}, 0);
  }

  std::uint32_t index_for(std::uint64_t key, std::span<const std::uint32_t> tried = {}) {
    return balancer->pick(loads, {.key = mix(key), .random = mix(~key), .tried = tried}).value_or(kNoMember);
  }
  const std::string& name_for(std::uint64_t key) { return members.at(index_for(key)).name; }
  std::vector<std::string> names_for(std::uint64_t keys) {
    std::vector<std::string> names;
    for (std::uint64_t key = 0; key < keys; ++key) names.push_back(name_for(key));
    return names;
  }
  std::vector<int> counts_of(std::uint64_t keys) {
    std::vector<int> counts(members.size());
    for (std::uint64_t key = 0; key < keys; ++key) ++counts.at(index_for(key));
    return counts;
  }
  void set_usable(std::uint32_t index, bool usable) {
    loads[index].usable = usable;
    balancer->fitness_changed(loads, index);
  }
  void set_share(std::uint32_t index, std::uint16_t share) {
    loads[index].share = share;
    balancer->fitness_changed(loads, index);
  }
  void begin_at(std::uint32_t index) {
    ++loads[index].in_flight;
    balancer->in_flight_changed(loads, index);
  }
  void end_at(std::uint32_t index) {
    --loads[index].in_flight;
    balancer->in_flight_changed(loads, index);
  }

  std::vector<Member> members;
  std::vector<Load> loads;
  std::unique_ptr<Policy> balancer;
};

/// Of the keys that did not belong to `gone`, the part that now belongs to another.
inline double moved(const std::vector<std::string>& before, const std::vector<std::string>& after,
                    const std::string& gone = {}) {
  double stayed = 0, moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != gone) ++(before[i] == after[i] ? stayed : moved);
  }
  return moved / (stayed + moved);
}

}  // namespace penstock::balancers
